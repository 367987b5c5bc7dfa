/** Every command says how it is used, and does nothing that was not asked for. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = path.resolve(import.meta.dirname, '../..');

function run(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(path.join(root, 'bin/gatehouse'), args, { encoding: 'utf8', timeout: 60_000 });
  return { status, out: stdout, err: stderr };
}

const commands = run('--help')
  .out.split('\n')
  .flatMap((line) => /^ {2}([a-z-]+) +\S/.exec(line)?.[1] ?? []);

test('the list of commands is whole', () => {
  expect(commands).toEqual(
    expect.arrayContaining(['gateway', 'render', 'validate', 'plugin-server', 'mocks', 'token', 'limits', 'breaker']),
  );
});

describe.each(commands)('gatehouse %s', (command) => {
  test.each(['--help', '-h'])('%s says how it is used', (option) => {
    const { status, out } = run(command, option);
    expect([status, out]).toEqual([0, expect.stringContaining(`usage: gatehouse ${command === 'breaker' ? 'limits' : command}`)]);
  });

  test('an option that there is not is refused, with a hint', () => {
    const { status, out, err } = run(command, '--no-such-option');
    expect([status, out + err]).toEqual([2, expect.stringMatching(/usage: gatehouse|--help/)]);
  });
});

test('an unknown command is refused, with the list', () => {
  const { status, err } = run('no-such-command');
  expect([status, err]).toEqual([2, expect.stringContaining('gateway')]);
});

test('asking how schemas are written writes none', () => {
  const file = path.join(root, 'plugins/schemas/permissions.schema.json');
  const before = fs.statSync(file).mtimeMs;
  for (const option of ['--help', '--no-such-option']) run('schemas', option);
  expect(fs.statSync(file).mtimeMs).toBe(before);
});

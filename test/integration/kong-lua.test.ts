/** Our Lua under LuaJIT against a stub of Kong's API (kong/lua/test), and what luacheck says of all Lua here. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = path.resolve(import.meta.dirname, '../..');
const lua = path.join(root, 'kong/lua');

function run(command: string, args: readonly string[], cwd: string): { status: number | null; lines: string[] } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return { status, lines: `${stdout}${stderr}`.split('\n') };
}

describe('unit tests in Lua', () => {
  const { status, lines } = run('luajit', ['test/run.lua'], lua);
  const names = lines.flatMap((line) => /^(?:not )?ok - (.*)/.exec(line)?.[1] ?? []);

  test('ran to their end', () => {
    expect(names.length).toBeGreaterThan(80);
    expect([status, lines.at(-2)]).toEqual([0, `${names.length} passed, 0 failed`]);
  });
  test.each(names)('%s', (name) => {
    expect(lines).toContain(`ok - ${name}`);
  });
});

describe('luacheck', () => {
  test.each([['kong/lua'], ['packages/testkit/src/kong-double/lua']])('finds nothing in %s', (folder) => {
    const { status, lines } = run('luacheck', ['-q', '--no-color', '.'], path.join(root, folder));
    expect([status, ...lines.filter((line) => line.includes('warning'))]).toEqual([0, expect.stringContaining('0 warnings / 0 errors')]);
  });
});

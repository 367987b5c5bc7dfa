import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { main } from './main.js';

let folder: string;
let told: string[];

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-render-'));
  told = [];
  jest.spyOn(console, 'error').mockImplementation((line: string) => {
    told.push(line);
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** Runs a command line and says its exit code. */
async function run(...args: string[]): Promise<number> {
  const before = process.exitCode;
  await main(args[0] ?? '', args.slice(1));
  const { exitCode } = process;
  process.exitCode = before;
  return Number(exitCode);
}

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

describe('gatehouse render', () => {
  test('writes one system, served alone, with the variables of a file', async () => {
    const env = write('env', 'COURSE_SERVICE_URL=http://courses:1\nAUTH_SERVICE_URL=http://auth:1\n');
    const out = path.join(folder, 'new/kong.yml');
    expect(await run('render', '--system', 'gongbu', '--env-file', env, '--out', out)).toBe(0);
    const { services, routes } = parse(fs.readFileSync(out, 'utf8'));
    const urls = services.map((service: { name: string; url: string }) => [service.name, service.url]);
    expect(urls).toEqual(
      expect.arrayContaining([
        ['gongbu-course', 'http://courses:1'],
        ['gongbu-auth', 'http://auth:1'],
      ]),
    );
    expect(routes.every((route: { hosts?: string[] }) => route.hosts === undefined)).toBe(true);
  });

  test('writes one file per tag for decK', async () => {
    expect(await run('render', '--target', 'deck', '--system', 'gongbu', 'interview', '--out', folder)).toBe(0);
    expect(fs.readdirSync(folder).sort()).toEqual(['platform.yml', 'system-gongbu.yml', 'system-interview.yml']);
  });

  test('accepts the committed file', async () => {
    expect(await run('render', '--check')).toBe(0);
  });

  test.each([
    [['--fuse', '--no-fuse'], 'exclude each other'],
    [['--no-fuse', '--transport', 'direct'], 'not with --no-fuse'],
    [['--transport', 'other'], 'pdk or direct'],
    [['--target', 'konnect'], '--target is dbless or deck'],
    [['--system', 'nope'], 'no system "nope"'],
    [['gongbu'], '--system NAME'],
    [['--nope'], "Unknown option '--nope'"],
  ])('%p is refused', async (args, message) => {
    expect(await run('render', ...args)).toBe(2);
    expect(told.join()).toContain(message);
  });

  test('a file that is not there is told', async () => {
    expect(await run('render', '--env-file', path.join(folder, 'nope'))).toBe(1);
    expect(told.join()).toContain('ENOENT');
  });

  test('leaves nothing behind where it cannot write', async () => {
    const out = path.join(folder, 'taken');
    fs.mkdirSync(out);
    expect(await run('render', '--out', out)).toBe(1);
    expect(fs.readdirSync(folder)).toEqual(['taken']);
  });

  test('--help says how', async () => {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    await main('render', ['--help']);
    expect(write).toHaveBeenCalledWith(expect.stringContaining('usage: gatehouse render'));
  });

  test('writes nothing when something is wrong', async () => {
    const env = write('env', 'GONGBU_AUTH_TIMEOUT_MS=soon\n');
    const out = path.join(folder, 'kong.yml');
    expect(await run('render', '--env-file', env, '--out', out)).toBe(1);
    expect(fs.existsSync(out)).toBe(false);
    expect(told.join()).toMatch(/gongbu\/kong\.yml:\d+: services\[0\]\.write_timeout: GONGBU_AUTH_TIMEOUT_MS is "soon"/);
  });
});

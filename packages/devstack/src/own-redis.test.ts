import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chooseRedis, findRedis, namesRedis, redisAddress, runRedis } from './own-redis.js';

let folder: string;
const program = (name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
};

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'own-redis-'));
  mkdirSync(path.join(folder, 'empty'));
  program('valkey-server', 'exit 0');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a Redis of the stack’s own', () => {
  test('is looked for on PATH; absolute folders alone', () => {
    const server = path.join(folder, 'valkey-server');
    expect(findRedis({ PATH: `relative:${folder}/empty:${folder}` })).toBe(server);
    expect(findRedis({ PATH: `${folder}/empty:.:` })).toBeUndefined();
    expect(findRedis({})).toBeUndefined();
  });

  test('may be named, or switched off', () => {
    const named = program('mine', 'exit 0');
    expect(findRedis({ PATH: folder, GATEHOUSE_REDIS_SERVER: named })).toBe(named);
    expect(findRedis({ PATH: folder, GATEHOUSE_REDIS_SERVER: 'none' })).toBeUndefined();
  });

  test.each([
    [{}, false],
    [{ REDIS_URL: '', INTERVIEW_REDIS_URL: undefined, REDIS_PORT: '6379', REDIS_URLS: 'x' }, false],
    [{ REDIS_URL: 'redis://h' }, true],
    [{ INTERVIEW_REDIS_URL: 'redis://h' }, true],
    [{ HEALTHPAY_REDIS_HOST: 'h' }, true],
  ])('is not needed when the operator has one: %j', async (variables, named) => {
    expect(namesRedis(variables)).toBe(named);
    const chosen = await chooseRedis({ ...variables, PATH: folder });
    expect(chosen === undefined).toBe(named);
    if (chosen) expect(redisAddress(chosen)).toMatch(/^redis:\/\/127\.0\.0\.1:\d{4,5}$/);
  });

  test('ends on a signal, and says why it failed', async () => {
    const lines: string[] = [];
    const run = (file: string, onSignal: (end: () => void) => void): Promise<number> =>
      runRedis({ program: file, port: 1 }, onSignal, (line) => lines.push(line));
    expect(
      await run(program('polite', 'trap "exit 0" TERM; sleep 60 >/dev/null 2>&1 & echo up; kill -TERM $$; wait'), () => undefined),
    ).toBe(0);
    expect(lines).toEqual([]);
    expect(await run(program('rude', 'echo "no memory"; exit 3'), () => undefined)).toBe(3);
    expect(lines).toEqual(['no memory']);
    expect(await run(program('slow', 'exec sleep 60'), (end) => end())).toBe(1);
    expect(await run(path.join(folder, 'nothing'), () => undefined)).toBe(1);
    expect(lines.at(-1)).toMatch(/ENOENT/);
  });
});

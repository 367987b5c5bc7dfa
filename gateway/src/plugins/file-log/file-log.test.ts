import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fakeEnvironment, fakeExchange, runThrough } from '../testing/fake-exchange.js';
import { Appender } from './appender.js';
import { fileLog } from './index.js';

let folder: string;
beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'file-log-'));
});
afterAll(() => fs.rm(folder, { recursive: true }));

async function linesOf(file: string, count: number): Promise<string[]> {
  for (;;) {
    const text = await fs.readFile(file, 'utf8').catch(() => '');
    const lines = text.split('\n').slice(0, -1);
    if (lines.length >= count) return lines;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a line per request, with the answer’s headers', async () => {
  const file = path.join(folder, 'a.log');
  const environment = fakeEnvironment();
  const plugin = fileLog.create({ path: file, reopen: false, custom_fields_by_lua: { workspace_name: 'return nil' } }, environment);
  for (const target of ['/1', '/2', '/3']) await runThrough(plugin, fakeExchange({ target }), { headers: { 'X-Up': '1' } });
  plugin.close?.();
  const entries = (await linesOf(file, 3)).map((line) => JSON.parse(line));
  expect(entries.map(({ request }) => request.uri)).toEqual(['/1', '/2', '/3']);
  expect(entries[0]).toMatchObject({ response: { headers: { 'x-up': '1' } } });
  expect(entries[0]).not.toHaveProperty('workspace_name');
  expect(environment.logged).toEqual([]);
});

test('reopen lets the file be moved away', async () => {
  const file = path.join(folder, 'b.log');
  const appender = new Appender(file, true, () => {});
  appender.add('one');
  await linesOf(file, 1);
  await fs.rename(file, `${file}.1`);
  appender.add('two');
  expect(await linesOf(file, 1)).toEqual(['two']);
  expect(await linesOf(`${file}.1`, 1)).toEqual(['one']);
  appender.close();
});

test('a file that can’t be opened is complained about, and requests go on', async () => {
  const complaints: string[] = [];
  const appender = new Appender(path.join(folder, 'none', 'c.log'), false, (message) => complaints.push(message));
  appender.add('x');
  await new Promise((resolve) => setImmediate(resolve));
  appender.close();
  expect(complaints).toEqual([expect.stringContaining('failed to open the file')]);
});

test('waiting lines have a bound', async () => {
  const complaints: string[] = [];
  const file = path.join(folder, 'd.log');
  const appender = new Appender(file, false, (message) => complaints.push(message));
  for (let i = 0; i < 20; i++) appender.add('x'.repeat(1024 * 1024));
  appender.close();
  expect(await linesOf(file, 16)).toHaveLength(16);
  expect(complaints).toEqual([expect.stringContaining('4 lines were dropped')]);
});

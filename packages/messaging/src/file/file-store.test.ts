import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Log } from '../events.js';
import type { OutboxStore } from '../outbox/store.js';
import { describeOutboxStore, type StorePlace } from '../outbox/store.suite.js';
import { openFileStore } from './file-store.js';
import type { Files } from './files.js';
import { encodeRecord } from './log-format.js';

const said: string[] = [];
const say = (_fields: object, message: string): void => void said.push(message);
const log: Log = { info: say, warn: say, error: say };
const temporary = (): string => fs.mkdtempSync(path.join(os.tmpdir(), 'outbox-'));

/** A directory whose store can be left as a dead process leaves it: what is on the disk is copied, the old store is forgotten. */
function filePlace(segmentBytes: number): StorePlace {
  const made: string[] = [temporary()];
  const left: OutboxStore[] = [];
  return {
    open: (maxEvents = 1000) => openFileStore({ directory: made.at(-1)!, log, maxEvents, segmentBytes }),
    async abandon(store) {
      left.push(store);
      const next = temporary();
      for (const name of fs.readdirSync(made.at(-1)!).filter((one) => !one.includes('lock.'))) {
        fs.copyFileSync(path.join(made.at(-1)!, name), path.join(next, name));
      }
      made.push(next);
    },
    async end() {
      for (const store of left) await store.close();
      for (const directory of made) fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

describeOutboxStore('files, one segment', async () => filePlace(1 << 20));
describeOutboxStore('files, many segments', async () => filePlace(40));

describe('files', () => {
  let base: string;
  let directory: string;
  const stores: OutboxStore[] = [];
  const open = async (more: { files?: Files; maxBytes?: number; segmentBytes?: number } = {}): Promise<OutboxStore> => {
    const store = await openFileStore({ directory, log, ...more });
    stores.push(store);
    return store;
  };
  const names = (): string[] => fs.readdirSync(directory).filter((name) => name.endsWith('.log'));

  beforeEach(() => {
    said.length = 0;
    base = temporary();
    directory = path.join(base, 'deep', 'outbox');
  });

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    fs.rmSync(base, { recursive: true, force: true });
  });

  test('are for their owner alone', async () => {
    const store = await open();
    await store.append(['{}']);
    await store.remove((await store.next(1, 1))!);
    expect(fs.statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of [...names(), 'acked']) expect(fs.statSync(path.join(directory, name)).mode & 0o777).toBe(0o600);
  });

  test('have one user: a second one is refused while the first lives', async () => {
    const store = await open();
    await expect(open()).rejects.toMatchObject({ code: 'OUTBOX_IN_USE' });
    await store.close();
    await open();
  });

  test('of a process that was killed are free; of several that want them then, one gets them', async () => {
    fs.mkdirSync(directory, { recursive: true });
    const code = "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
    spawnSync(process.execPath, ['-e', code, path.join(directory, 'lock.00000000')]);
    expect(fs.statSync(path.join(directory, 'lock.00000000')).isSocket()).toBe(true);
    const starts = await Promise.allSettled(Array.from({ length: 8 }, () => open()));
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(fs.readdirSync(directory).filter((name) => name.includes('lock.'))).toHaveLength(1);
    expect(starts.filter((start) => start.status === 'rejected' && start.reason.code !== 'OUTBOX_IN_USE')).toEqual([]);
  });

  test('of a name that is too long for a socket are locked all the same', async () => {
    directory = path.join(directory, 'x'.repeat(120));
    const store = await open();
    await expect(open()).rejects.toMatchObject({ code: 'OUTBOX_IN_USE' });
    await store.close();
    await open();
  });

  test('that can not be made are said to be so', async () => {
    fs.mkdirSync(path.dirname(directory), { recursive: true });
    fs.writeFileSync(directory, '');
    await expect(open()).rejects.toMatchObject({ code: 'OUTBOX_UNUSABLE', directory });
  });

  test('go when all of them is delivered', async () => {
    const store = await open({ segmentBytes: 10 });
    for (let i = 0; i < 5; i++) await store.append([`{"n":${i}}`]);
    expect(names()).toHaveLength(5);
    for (let i = 0; i < 5; i++) await store.remove((await store.next(1, 1))!);
    await store.next(1, 1);
    expect(names()).toHaveLength(1);
    await store.close();
    expect(names()).toEqual([]);
  });

  test('keep to their bytes', async () => {
    const store = await open({ maxBytes: 1000 });
    expect(await store.append(Array.from({ length: 20 }, () => 'a'.repeat(100)))).toBe(10);
    expect(await store.append(['a'])).toBe(0);
  });

  test('that are damaged lose what is damaged and nothing else, and say so', async () => {
    let store = await open();
    await store.append(['"a"', '"b"', '"c"']);
    await store.close();
    const file = path.join(directory, names()[0]!);
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"b"', '"B"'));
    store = await open();
    expect((await store.next(10, 1000))?.lines).toEqual(['"a"', '"c"']);
    expect(store.size()).toMatchObject({ events: 2, damaged: 1 });
    expect(said).toContain('outbox: records are damaged');
  });

  test('that vanish while they wait are counted as damage, and the others go on', async () => {
    const store = await open({ segmentBytes: 10 });
    for (let i = 0; i < 4; i++) await store.append([`{"n":${i}}`]);
    fs.rmSync(path.join(directory, names()[1]!));
    const seen: string[] = [];
    for (let i = 0; i < 4; i++) {
      const batch = await store.next(1, 1);
      seen.push(...batch!.lines);
      await store.remove(batch!);
    }
    expect(seen).toEqual(['{"n":0}', '{"n":2}', '{"n":3}']);
    expect(store.size()).toMatchObject({ events: 0, bytes: 0, damaged: 1 });
  });

  test('come in the order of their numbers, also when a crash left one with a later name', async () => {
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(path.join(directory, '0000000000000050.log'), `${encodeRecord({ seq: 48, line: '"old"' })}0a1b2c3d 49 "to`);
    let store = await open();
    await store.append(['"new"']);
    await store.close();
    store = await open();
    expect((await store.next(1, 1))?.lines).toEqual(['"old"']);
    expect(store.size()).toMatchObject({ events: 2, damaged: 0 });
  });

  test('of other kinds in the directory are left alone', async () => {
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(path.join(directory, 'notes.txt'), 'x');
    fs.writeFileSync(path.join(directory, '1.log'), 'x');
    const store = await open();
    await store.append(['"a"']);
    expect((await store.next(1, 1))?.lines).toEqual(['"a"']);
    expect(fs.readFileSync(path.join(directory, 'notes.txt'), 'utf8')).toBe('x');
  });
});

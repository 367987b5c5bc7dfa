/** The files of an outbox on a disk that is full or fails. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { OutboxStore } from '../outbox/store.js';
import { openFileStore } from './file-store.js';
import { type Files, nodeFiles, type OpenFile } from './files.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const temporary = (): string => fs.mkdtempSync(path.join(os.tmpdir(), 'outbox-disk-'));

/** What a process that starts now finds. */
async function found(directory: string): Promise<{ lines: string[]; damaged: number }> {
  const store = await openFileStore({ directory, log });
  const lines: string[] = [];
  for (let batch = await store.next(100, 1e6); batch && batch.lines.length > 0; batch = await store.next(100, 1e6)) {
    lines.push(...batch.lines);
    await store.remove(batch);
  }
  const { damaged } = store.size();
  await store.close();
  fs.rmSync(directory, { recursive: true, force: true });
  return { lines, damaged };
}

const refused = (attempt: Promise<unknown>): Promise<void> => expect(attempt).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

/** A disk with so many bytes left; a write that does not fit leaves what did. */
class SmallDisk implements Files {
  constructor(public left: number) {}
  list = nodeFiles.list;
  read = nodeFiles.read;
  remove = nodeFiles.remove;
  syncDirectory = nodeFiles.syncDirectory;

  async open(file: string, fresh: boolean): Promise<OpenFile> {
    const real = await nodeFiles.open(file, fresh);
    const write = async (data: Buffer, position: number): Promise<void> => {
      const fits = Math.min(this.left, data.length);
      this.left -= fits;
      await real.write(data.subarray(0, fits), position);
      if (fits < data.length) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    };
    return { write, sync: () => real.sync(), truncate: (bytes) => real.truncate(bytes), close: () => real.close() };
  }
}

describe('a full disk', () => {
  test.each(Array.from({ length: 60 }, (_, i) => i * 3))(
    'after %i bytes: what was kept is kept, what was not can be tried again',
    async (bytes) => {
      const directory = temporary();
      const disk = new SmallDisk(bytes);
      const store = await openFileStore({ directory, log, files: disk });
      const kept: string[] = [];
      for (let i = 0; i < 6; i++) {
        const lines = [`{"n":${2 * i}}`, `{"n":${2 * i + 1}}`];
        const attempt = store.append(lines);
        if (
          await attempt.then(
            () => true,
            () => false,
          )
        ) {
          kept.push(...lines);
          continue;
        }
        await refused(attempt);
        disk.left = 1e6;
        await store.append(lines);
        kept.push(...lines);
      }
      await store.close();
      expect(await found(directory)).toEqual({ lines: kept, damaged: 0 });
    },
  );
});

describe('a disk that fails', () => {
  /** A store on a disk whose next fsync fails when `fails` says so. */
  async function failing(directory: string, disk: { fails: boolean }): Promise<OutboxStore> {
    const open = async (file: string, fresh: boolean): Promise<OpenFile> => {
      const real = await nodeFiles.open(file, fresh);
      const sync = (): Promise<void> => (disk.fails ? Promise.reject(new Error('EIO: input/output error')) : real.sync());
      return { write: (data, at) => real.write(data, at), sync, truncate: (bytes) => real.truncate(bytes), close: () => real.close() };
    };
    return openFileStore({ directory, log, files: { ...nodeFiles, open } });
  }

  test('at an fsync: nothing of that write is taken for kept, and what comes then is whole', async () => {
    const directory = temporary();
    const disk = { fails: false };
    const store = await failing(directory, disk);
    await store.append(['"a"']);
    disk.fails = true;
    await refused(store.append(['"lost"', '"a much longer line than the next one is"']));
    disk.fails = false;
    await store.append(['"b"']);
    expect(store.size().events).toBe(2);
    // As a process finds it that starts after this one was killed here.
    const left = temporary();
    for (const name of fs.readdirSync(directory).filter((one) => !one.includes('lock.'))) {
      fs.copyFileSync(path.join(directory, name), path.join(left, name));
    }
    await store.close();
    fs.rmSync(directory, { recursive: true, force: true });
    expect(await found(left)).toEqual({ lines: ['"a"', '"b"'], damaged: 0 });
  });

  test('at the mark: deliveries go on; after a restart they come again', async () => {
    const directory = temporary();
    const open = (file: string, fresh: boolean): Promise<OpenFile> =>
      file.endsWith('acked') ? Promise.reject(new Error('EROFS: read-only file system')) : nodeFiles.open(file, fresh);
    const store = await openFileStore({ directory, log, files: { ...nodeFiles, open } });
    await store.append(['"a"', '"b"']);
    await store.remove((await store.next(1, 1))!);
    expect((await store.next(1, 1))?.lines).toEqual(['"b"']);
    await store.close();
    expect(await found(directory)).toEqual({ lines: ['"a"', '"b"'], damaged: 0 });
  });
});

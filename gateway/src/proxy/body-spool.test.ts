import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { BodyFault, RequestBody } from '../http1/request-body.js';
import { collectBody, inMemory, type SpoolFile } from './body-spool.js';

const SIZE = 300_000;

async function spooled(): Promise<SpoolFile> {
  const body = new RequestBody(null, null);
  const collected = collectBody(body);
  body.push(Buffer.alloc(SIZE, 'x'));
  body.finish();
  return (await collected).file!;
}

const isOpen = (descriptor: number): boolean => fs.existsSync(`/proc/self/fd/${descriptor}`);

async function gone(descriptor: number): Promise<void> {
  while (isOpen(descriptor)) await new Promise((resolve) => setImmediate(resolve));
}

test('a file is read as often as wanted, also after a reader was destroyed', async () => {
  const file = await spooled();
  const first = file.read();
  await new Promise((resolve) => first.once('data', resolve));
  first.destroy();
  for (const _ of [1, 2]) expect((await inMemory({ length: SIZE, memory: null, file })).length).toBe(SIZE);
  expect(isOpen(file.descriptor)).toBe(true);
  file.close();
  await gone(file.descriptor);
});

test('a file that is closed goes when its last reader has ended, and is read no more', async () => {
  const file = await spooled();
  const reader = file.read();
  file.close();
  file.close();
  let bytes = 0;
  for await (const chunk of reader) bytes += (chunk as Buffer).length;
  expect(bytes).toBe(SIZE);
  await gone(file.descriptor);
  expect(() => file.read()).toThrow(BodyFault);
});

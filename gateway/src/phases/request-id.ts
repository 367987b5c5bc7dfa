/** Request ids: 32 hex digits from the system's random source, drawn in blocks because one draw a request is dear. */
import { randomFillSync } from 'node:crypto';

const BYTES = 16;
const block = Buffer.alloc(BYTES * 256);
let used = block.length;

export function requestId(): string {
  if (used >= block.length) {
    randomFillSync(block);
    used = 0;
  }
  const id = block.toString('hex', used, used + BYTES);
  used += BYTES;
  return id;
}

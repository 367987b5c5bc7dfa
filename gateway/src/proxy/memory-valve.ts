/**
 * Keeps memory flat while large bodies stream. Every read of a socket is a buffer outside V8's heap, and V8 only begins to look for
 * dead ones when 64 MiB of them have gathered. A minor collection costs well under a millisecond here, so one is asked for
 * each time that some megabytes have passed.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const EVERY_BYTES = 8 * 1024 * 1024;

type Collect = (options: { type: 'minor' }) => void;

let collect: Collect | null = null;
let passed = 0;

function collector(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}

/** Counts bytes of a body that were read from a socket. */
export function streamed(bytes: number): void {
  passed += bytes;
  if (passed < EVERY_BYTES) return;
  passed = 0;
  collect ??= collector();
  collect({ type: 'minor' });
}

/** Joins two connections after an upgrade: bytes pass both ways with back-pressure until either side ends. */
import type { Duplex } from 'node:stream';

/** Milliseconds that the other side gets to take what is left, once one side ended. */
const LINGER_MS = 5000;

export function join(a: Duplex, b: Duplex): void {
  let lingering = false;
  const end = (): void => {
    if (lingering) return;
    lingering = true;
    const timer = setTimeout(() => {
      a.destroy();
      b.destroy();
    }, LINGER_MS);
    timer.unref();
  };
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => {
      end();
      to.end();
    });
    from.pipe(to);
  }
  a.resume();
  b.resume();
}

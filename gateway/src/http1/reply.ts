/** The answer to one request as the run loop writes it; one form for HTTP/1 and whatever comes beside it. */
import type { Duplex } from 'node:stream';
import type { HeaderList } from '../headers.js';

export interface Reply {
  readonly headSent: boolean;
  /** The client's connection is gone: nothing that is written arrives. */
  readonly closed: boolean;
  /** Called when a `write` that returned false can go on. */
  onDrain: (() => void) | null;
  /** Called once when the client leaves before the answer is complete. */
  onAbort: (() => void) | null;
  /**
   * Begins the answer. `length`: bytes of the body; null when it isn't known. `bodiless`: neither body nor framing follows
   * (HEAD, 204, 304), whatever `length` says. Nothing is sent before the first `write` unless `flush` is called.
   */
  start(status: number, headers: HeaderList, length: number | null, bodiless: boolean): void;
  /** False: wait for onDrain before more. `last` completes the answer. */
  write(chunk: Buffer, last: boolean): boolean;
  /** Sends what waits for company. */
  flush(): void;
  /** Cuts the answer: the client must see that it is not complete. `drop`: what was not sent yet never is, be it the head. */
  abort(drop: boolean): void;
  /** The connection closes after the answer; to be said before `start`. */
  closeAfter(): void;
  /** Answers 101 and joins the two connections until either ends. */
  tunnel(headers: HeaderList, upstream: Duplex, early: Buffer): void;
  /** Bytes written to the client so far, heads included. */
  readonly bytesOut: number;
}

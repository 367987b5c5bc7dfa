/** What the PDK lane says to Kong, as texts of one character per byte: put together once, or from few pieces per request. */
import { type Packed, pack, textHead } from './msgpack.js';

const bytes = (value: Packed): string => pack(value).toString('latin1');
const listHead = '\x92';
const mapHead = '\x82';

/** A response begins so: [1, id, nil, …]. */
function opening(messageId: number): string {
  const code = String.fromCharCode;
  return `\x94\x01\xce${code((messageId >>> 24) & 0xff)}${code((messageId >>> 16) & 0xff)}${code((messageId >>> 8) & 0xff)}${code(messageId & 0xff)}`;
}

/** The result of a call. @param tail as `result` or `pdkCall` made it */
export function response(messageId: number, tail: string): string {
  return `${opening(messageId)}\xc0${tail}`;
}

/** An error in place of a result. */
export function failure(messageId: number, message: string): string {
  return `${opening(messageId)}${bytes(message)}\xc0`;
}

export const result = bytes;

/** Asks Kong to call a function of the PDK and come back with its result. */
export function pdkCall(eventId: number, method: string, args: readonly string[]): string {
  return bytes({ Data: { Method: method, Args: args }, EventId: eventId });
}

/** The event is over. */
export function ended(eventId: number): string {
  return bytes({ Data: 'ret', EventId: eventId });
}

const COMMIT = `${mapHead}${bytes('Data')}${mapHead}${bytes('Method')}${bytes('kong.gw.commit')}${bytes('Args')}${listHead}`;

/** Asks Kong to do what was decided. @param end as `commitEnd` made it */
export function commit(head: string, body: Buffer | null, end: string): string {
  const text = body === null ? head : `${head}\n${body.toString('latin1')}`;
  return `${COMMIT}${textHead(text.length).toString('latin1')}${text}${end}`;
}

/** What ends a commit: whose decision it is, and the event. */
export function commitEnd(whose: string, eventId: number): string {
  return `${bytes(whose)}${bytes('EventId')}${bytes(eventId)}`;
}

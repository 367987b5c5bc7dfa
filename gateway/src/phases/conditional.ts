/** Conditional requests on answers of our own, by the rules of nginx's not_modified filter (RFC 9110 §13). */
import type { HeaderList } from '../headers.js';

type Verdict = 200 | 304 | 412;

const timeOf = (text: string | undefined): number => (text === undefined ? Number.NaN : Date.parse(text));
const weak = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag);

function listHolds(list: string, etag: string | undefined, weakly: boolean): boolean {
  if (list.trim() === '*') return true;
  if (etag === undefined) return false;
  const wanted = weakly ? weak(etag) : etag;
  return list.split(',').some((item) => (weakly ? weak(item.trim()) : item.trim()) === wanted);
}

function precondition(request: HeaderList, etag: string | undefined, modified: number): boolean {
  const since = request.get('if-unmodified-since');
  if (since !== undefined && !(timeOf(since) >= modified)) return false;
  const match = request.get('if-match');
  return match === undefined || listHolds(match, etag, false);
}

/** What a 200 with this ETag and Last-Modified becomes. */
export function judge(request: HeaderList, etag: string | undefined, lastModified: string | undefined): Verdict {
  const modified = timeOf(lastModified);
  if (!precondition(request, etag, modified)) return 412;
  const since = request.get('if-modified-since');
  const none = request.get('if-none-match');
  if (since === undefined && none === undefined) return 200;
  // nginx compares times for equality (if_modified_since exact).
  if (since !== undefined && timeOf(since) !== modified) return 200;
  return none === undefined || listHolds(none, etag, true) ? 304 : 200;
}

/** They describe a body, and none follows a 304. */
const OF_A_BODY = ['content-type', 'content-length', 'content-encoding', 'accept-ranges'];

/**
 * Makes a 304 of an exit with 200 that the client has already, as nginx does before any header filter of a plugin; without a validator
 * that is `If-None-Match: *` alone. (Where nginx would answer 412 to an exit, Kong closes the connection: that is left out.)
 * @returns the status to send; the headers are changed
 */
export function unlessKnown(status: number, request: HeaderList, headers: HeaderList): number {
  if (status !== 200 || !(request.has('if-none-match') || request.has('if-modified-since'))) return status;
  if (judge(request, headers.get('etag'), headers.get('last-modified')) !== 304) return status;
  for (const key of OF_A_BODY) headers.remove(key);
  return 304;
}

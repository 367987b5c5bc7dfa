/**
 * Reads the head of an HTTP/1 request by nginx's rules (src/http/ngx_http_parse.c and ngx_http_request.c of 1.25.3), because
 * the recordings of Kong hold the data plane to them: any upper-case method passes, bare LF ends a line, header names that
 * are no token are dropped, obsolete folding is refused. Node's own parser differs in each of these.
 */
import { HeaderList } from '../headers.js';
import { requestKey } from './header-names.js';
import type { HttpLimits } from './limits.js';

export interface RequestHead {
  readonly method: string;
  /** As sent: origin form, or absolute form already reduced to its path and query. */
  readonly target: string;
  /** From an absolute-form target, else from Host; as spelled; empty for HTTP/1.0 without one. */
  readonly host: string;
  readonly version: 1.0 | 1.1 | 2;
  readonly headers: HeaderList;
  /** Body framing (RFC 9112 §6): 0 = no body. */
  readonly contentLength: number | null;
  readonly chunked: boolean;
  readonly keepAlive: boolean;
  readonly expectContinue: boolean;
  /** Bytes of it on the wire; of HTTP/2 without compression. */
  readonly size: number;
}

/** A request that is refused before it is routed. `status` 494 is nginx's for an over-long head; Kong answers it with 400. */
export class HeadFault extends Error {
  readonly code = 'HTTP_HEAD_INVALID';
  constructor(
    readonly status: 400 | 405 | 408 | 414 | 494 | 501 | 505,
    message: string,
    /** What was read before the fault: the error's body depends on Accept. */
    readonly headers: HeaderList = new HeaderList(),
    readonly method = 'GET',
  ) {
    super(message);
  }
}

/** nginx's methods. */
export const METHOD = /^[A-Z_-]+$/;
const BAD_BYTES = /\0|\r(?!\n)/;
const BAD_TARGET = /[\x00-\x20\x7f]/;
const VERSION = /^HTTP\/(\d{1,3})\.(\d{1,3}) *$/;
/** A scheme, a host of the characters that nginx takes there, and a port. */
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/((?:[A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::\d*)?)((?:[/?].*)?)$/s;
/** Header fields of which a second line is refused. */
export const UNIQUE = new Set([
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'if-match',
  'if-none-match',
  'content-length',
  'content-range',
  'if-range',
  'transfer-encoding',
  'expect',
  'authorization',
]);

/** Whether a text is the path and query of a request. */
export function isTarget(text: string): boolean {
  return text.charCodeAt(0) === 47 && !BAD_TARGET.test(text);
}

interface StartLine {
  method: string;
  target: string;
  authority: string | null;
  version: 1.0 | 1.1;
}

function parseVersion(text: string): 1.0 | 1.1 {
  if (text === 'HTTP/1.1') return 1.1;
  if (text === 'HTTP/1.0') return 1.0;
  const match = VERSION.exec(text);
  if (!match) throw new HeadFault(400, 'the request line has no valid HTTP version');
  if (Number(match[1]) > 1) throw new HeadFault(505, 'the HTTP version is not supported');
  if (match[1] !== '1') throw new HeadFault(400, 'the HTTP version is not supported');
  return Number(match[2]) >= 1 ? 1.1 : 1.0;
}

function parseStartLine(line: string): StartLine {
  const space = line.indexOf(' ');
  const method = space < 0 ? line : line.slice(0, space);
  if (!METHOD.test(method)) throw new HeadFault(400, 'the method is not valid');
  const last = line.lastIndexOf(' HTTP/');
  if (last < 0 || last <= space - 1) throw new HeadFault(400, 'the request line has no HTTP version');
  let start = space + 1;
  while (line.charCodeAt(start) === 32) start++;
  let end = last;
  while (end > start && line.charCodeAt(end - 1) === 32) end--;
  const target = line.slice(start, end);
  if (target === '' || BAD_TARGET.test(target)) throw new HeadFault(400, 'the request target has a blank or control byte');
  const isPath = target.charCodeAt(0) === 47;
  const absolute = isPath ? null : ABSOLUTE.exec(target);
  if (!isPath && !absolute) throw new HeadFault(400, 'the request target is neither a path nor an absolute URI');
  const version = parseVersion(line.slice(last + 1));
  if (!absolute) return { method, target, authority: null, version };
  const rest = absolute[2]!;
  return { method, target: rest.startsWith('/') ? rest : `/${rest}`, authority: absolute[1]!, version };
}

function readHeaders(head: string, from: number, limits: HttpLimits): HeaderList {
  const headers = new HeaderList();
  for (let pos = from; pos < head.length; ) {
    let end = head.indexOf('\n', pos);
    if (end < 0) end = head.length;
    const next = end + 1;
    if (next - pos > limits.headerLineBytes) throw new HeadFault(494, 'a header line is too long', headers);
    if (head.charCodeAt(end - 1) === 13) end--;
    if (end <= pos) break;
    if (headers.size >= limits.headerCount) throw new HeadFault(494, 'there are too many header lines', headers);
    let colon = head.indexOf(':', pos);
    if (colon < 0 || colon > end) colon = end;
    const name = head.slice(pos, colon);
    const key = requestKey(name);
    if (key === null) throw new HeadFault(400, 'a header name has a blank or control byte', headers);
    let first = colon + 1;
    while (first < end && head.charCodeAt(first) === 32) first++;
    while (end > first && head.charCodeAt(end - 1) === 32) end--;
    if (key !== '') {
      if (UNIQUE.has(key) && headers.has(key)) throw new HeadFault(400, `header ${key} is there twice`, headers);
      headers.push(name, key, first < end ? head.slice(first, end) : '');
    }
    pos = next;
  }
  return headers;
}

const BAD_HOST = /[\x00-\x20/\x7f]|\.\./;

/** nginx's ngx_http_validate_host. */
export function checkHost(host: string, headers: HeaderList): void {
  if (host === '' || host === '.' || host.charCodeAt(0) === 58) throw new HeadFault(400, 'the host is empty', headers);
  if (BAD_HOST.test(host)) throw new HeadFault(400, 'the host is not valid', headers);
  if (host.charCodeAt(0) === 91 && !/^\[[0-9A-Fa-f:.]+\](?::|$)/.test(host)) throw new HeadFault(400, 'the host is not valid', headers);
}

/** The value of a Content-Length. */
export function lengthOf(value: string, headers: HeaderList): number {
  if (!/^\d{1,15}$/.test(value)) throw new HeadFault(400, 'Content-Length is not a number', headers);
  return Number(value);
}

function checkFraming(start: StartLine, headers: HeaderList): { contentLength: number | null; chunked: boolean } {
  const length = headers.get('content-length');
  const contentLength = length === undefined ? null : lengthOf(length, headers);
  if (start.method === 'TRACE' || start.method === 'CONNECT')
    throw new HeadFault(405, `${start.method} is not allowed`, headers, start.method);
  const coding = headers.get('transfer-encoding');
  if (coding === undefined) return { contentLength: contentLength ?? 0, chunked: false };
  if (start.version < 1.1) throw new HeadFault(400, 'Transfer-Encoding needs HTTP/1.1', headers);
  if (coding.toLowerCase() !== 'chunked') throw new HeadFault(501, 'only the chunked transfer coding is known', headers);
  if (contentLength !== null) throw new HeadFault(400, 'Content-Length and Transfer-Encoding together', headers);
  return { contentLength: null, chunked: true };
}

/** The last Connection line that says something decides, as in nginx. */
function keepsAlive(version: number, headers: HeaderList): boolean {
  let keeps = version >= 1.1;
  for (let i = headers.keys.indexOf('connection'); i >= 0; i = headers.keys.indexOf('connection', i + 1)) {
    const value = headers.values[i]!.toLowerCase();
    if (value.includes('close')) keeps = false;
    else if (value.includes('keep-alive')) keeps = true;
  }
  return keeps;
}

/**
 * Parses a complete head (all its lines with their ends, without the blank line after them; latin1, one character a byte).
 * @throws HeadFault with the status to answer.
 */
export function parseHead(head: string, limits: HttpLimits): RequestHead {
  const lineEnd = head.indexOf('\n');
  const stop = lineEnd < 0 ? head.length : lineEnd;
  if (stop + 1 > limits.requestLineBytes) throw new HeadFault(414, 'the request line is too long');
  const start = parseStartLine(head.slice(0, head.charCodeAt(stop - 1) === 13 ? stop - 1 : stop));
  const bad = head.search(BAD_BYTES);
  // As in nginx, the lines before the bad one count: the error's form depends on Accept.
  const headers = readHeaders(bad < 0 ? head : head.slice(0, head.lastIndexOf('\n', bad) + 1), stop + 1, limits);
  if (bad >= 0) throw new HeadFault(400, 'the head has a NUL or a bare CR', headers);
  const hostHeader = headers.get('host');
  if (hostHeader === undefined && start.version >= 1.1) throw new HeadFault(400, 'there is no Host header', headers);
  if (hostHeader !== undefined) checkHost(hostHeader, headers);
  if (start.authority !== null) checkHost(start.authority, headers);
  const { contentLength, chunked } = checkFraming(start, headers);
  const expect = headers.get('expect');
  return {
    method: start.method,
    target: start.target,
    host: start.authority ?? hostHeader ?? '',
    version: start.version,
    headers,
    contentLength,
    chunked,
    keepAlive: keepsAlive(start.version, headers),
    expectContinue: expect !== undefined && start.version >= 1.1 && expect.toLowerCase() === '100-continue',
    size: head.length,
  };
}

const METHOD_BYTES_MAX = 64;

/** Whether the first bytes of a head can never become a method: what is no HTTP, such as TLS, is refused at once. */
export function hopeless(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length && i < METHOD_BYTES_MAX; i++) {
    const byte = bytes[i]!;
    if (byte === 32) return i === 0;
    if ((byte < 65 || byte > 90) && byte !== 95 && byte !== 45) return true;
  }
  return false;
}

/**
 * Where the head ends in `bytes`: { end: of the head's text, next: the first byte after the blank line }, or null while it is
 * not complete. `from` skips what an earlier call has searched.
 */
export function findHeadEnd(bytes: Buffer, from: number): { end: number; next: number } | null {
  const start = Math.max(0, from - 3);
  const crlf = bytes.indexOf('\n\r\n', start, 'latin1');
  // A bare-LF blank line may come before the first CRLF one: the earlier of both ends the head, or a second request hides in it.
  const lf = (crlf < 0 ? bytes : bytes.subarray(0, crlf + 1)).indexOf('\n\n', start, 'latin1');
  if (lf >= 0) return { end: lf + 1, next: lf + 2 };
  if (crlf < 0) return null;
  return { end: crlf + 1, next: crlf + 3 };
}

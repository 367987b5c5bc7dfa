/** HTTP/1 messages out of raw bytes and back: as little HTTP as the recordings need, so that odd bytes stay visible. */
import type { HeaderLines, Headers } from './case-file.js';

export interface Message {
  /** Request or status line. */
  readonly start: string;
  /** Of an answer; 'raw' for bytes without a head. */
  readonly status: number | 'raw' | null;
  readonly headers: HeaderLines;
  readonly body: Buffer;
  readonly trailers: readonly string[];
  /** It ended before it was complete. */
  readonly truncated: boolean;
  /** What stands behind it. */
  readonly rest: Buffer;
}

/** What a reader must know beside the bytes. */
export interface ReadingRules {
  /** Set when the message is an answer: the method it answers. */
  readonly answers?: string;
  /** The other side has ended: nothing will follow. */
  readonly ended: boolean;
}

const NOTHING = Buffer.alloc(0);
const HEAD_END = '\r\n\r\n';

interface Body {
  body: Buffer;
  rest: Buffer;
  trailers?: string[];
  truncated?: boolean;
}

function headerLine(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** The first value of a header, whatever its case. */
export function headerOf(headers: HeaderLines, name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

/** The end of a chunked body at its last chunk, whose line end is at `eol`; null while trailers are missing. */
function lastChunk(bytes: Buffer, eol: number, chunks: Buffer[]): Body | null {
  const end = bytes.indexOf(HEAD_END, eol, 'latin1');
  if (end < 0) return null;
  const trailers = end > eol ? bytes.toString('latin1', eol + 2, end).split('\r\n') : [];
  return { body: Buffer.concat(chunks), rest: bytes.subarray(end + HEAD_END.length), trailers };
}

function chunkedBody(bytes: Buffer, ended: boolean): Body | null {
  const chunks: Buffer[] = [];
  const cut = (): Body | null => (ended ? { body: Buffer.concat(chunks), rest: NOTHING, truncated: true } : null);
  for (let at = 0; ; ) {
    const eol = bytes.indexOf('\r\n', at, 'latin1');
    if (eol < 0) return cut();
    const size = Number.parseInt(bytes.toString('latin1', at, eol), 16);
    if (size === 0) return lastChunk(bytes, eol, chunks);
    const end = eol + 2 + size;
    if (!(end + 2 <= bytes.length)) return cut();
    chunks.push(bytes.subarray(eol + 2, end));
    at = end + 2;
  }
}

function sizedBody(bytes: Buffer, length: number, ended: boolean): Body | null {
  if (bytes.length >= length) return { body: bytes.subarray(0, length), rest: bytes.subarray(length) };
  return ended ? { body: bytes, rest: NOTHING, truncated: true } : null;
}

function bodyOf(bytes: Buffer, headers: HeaderLines, isAnswer: boolean, ended: boolean): Body | null {
  if (/chunked/i.test(headerOf(headers, 'transfer-encoding') ?? '')) return chunkedBody(bytes, ended);
  const length = headerOf(headers, 'content-length');
  if (length !== undefined) return sizedBody(bytes, Number(length), ended);
  if (!isAnswer) return { body: NOTHING, rest: bytes };
  return ended ? { body: bytes, rest: NOTHING } : null;
}

const isBodiless = (status: number, method: string): boolean => status < 200 || status === 204 || status === 304 || method === 'HEAD';

/** Takes one message off the front of `bytes`; null while it is not complete. */
export function takeMessage(bytes: Buffer, rules: ReadingRules): Message | null {
  const headEnd = bytes.indexOf(HEAD_END, 0, 'latin1');
  if (headEnd < 0) {
    if (!rules.ended || bytes.length === 0) return null;
    return { start: '', status: 'raw', headers: [], body: bytes, trailers: [], truncated: false, rest: NOTHING };
  }
  const [start = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const headers = lines.map(headerLine);
  const after = bytes.subarray(headEnd + HEAD_END.length);
  const status = rules.answers === undefined ? null : Number(start.split(' ')[1]);
  const bare = status !== null && isBodiless(status, rules.answers!);
  const read = bare ? { body: NOTHING, rest: after } : bodyOf(after, headers, status !== null, rules.ended);
  return read && { start, status, headers, trailers: [], truncated: false, ...read };
}

/** Headers of a case as lines. */
export function linesOf(headers: Headers | undefined): [string, string][] {
  if (headers === undefined) return [];
  const pairs: (readonly [string, unknown])[] = Array.isArray(headers) ? headers : Object.entries(headers);
  return pairs.flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, String(one)]));
}

/** Bytes of a message; Content-Length is added where the framing is left open. */
export function formatMessage(start: string, headers: HeaderLines, body: string | undefined, bodiless: boolean): Buffer {
  const framed = headerOf(headers, 'content-length') !== undefined || headerOf(headers, 'transfer-encoding') !== undefined;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  if (body !== undefined && !framed) lines.push(`Content-Length: ${Buffer.byteLength(body, 'latin1')}\r\n`);
  return Buffer.from(`${start}\r\n${lines.join('')}\r\n${bodiless ? '' : (body ?? '')}`, 'latin1');
}

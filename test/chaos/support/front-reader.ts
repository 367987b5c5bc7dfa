/**
 * Says which requests stand in a client's bytes, read as generously as a server in front might: bare LF ends lines, blanks are
 * skipped. What the gateway passes on must be the beginning of this, never anything else.
 */
import type { Seen } from './strict-parser.js';

export type Front = Pick<Seen, 'method' | 'target' | 'body'>;

const LINE = /^([A-Z_-]+) +(\S+) +HTTP\/1\.(\d+) *$/;
const CHUNK_LINE = /^([0-9a-fA-F]+)[ \t]*(?:[; \t][^\r\n]*)?\r\n/;

/** Where a head ends and what follows begins; null while there is no blank line. */
function headEnd(text: string, from: number): { end: number; next: number } | null {
  const blank = /\n\r?\n/g;
  blank.lastIndex = from;
  const found = blank.exec(text);
  return found ? { end: found.index, next: found.index + found[0].length } : null;
}

function chunkedBody(text: string, from: number): { body: string; next: number } | null {
  let body = '';
  for (let at = from; ; ) {
    const line = CHUNK_LINE.exec(text.slice(at));
    if (!line) return null;
    const size = Number.parseInt(line[1]!, 16);
    at += line[0].length;
    if (size === 0) {
      const trailers = /^(?:[^\r\n]+\r\n)*\r\n/.exec(text.slice(at));
      return trailers ? { body, next: at + trailers[0].length } : null;
    }
    if (text.length < at + size + 2 || text.slice(at + size, at + size + 2) !== '\r\n') return null;
    body += text.slice(at, at + size);
    at += size + 2;
  }
}

function bodyAt(text: string, from: number, lines: readonly string[]): { body: string; next: number } | null {
  const values = (name: string): string[] =>
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return line.slice(0, colon).toLowerCase() === name ? [line.slice(colon + 1).replace(/^ +| +$/g, '')] : [];
    });
  const [lengths, codings] = [values('content-length'), values('transfer-encoding')];
  if (lengths.length + codings.length > 1) return null;
  if (codings.length === 1) return codings[0]!.toLowerCase() === 'chunked' ? chunkedBody(text, from) : null;
  const [length = '0'] = lengths;
  if (!/^\d+$/.test(length)) return null;
  const next = from + Number(length);
  return next <= text.length ? { body: text.slice(from, next), next } : null;
}

/** All requests that are complete before the first that can't be read. */
export function requestsIn(text: string): Front[] {
  const found: Front[] = [];
  for (let at = 0; ; ) {
    while (text[at] === '\r' || text[at] === '\n') at++;
    const head = headEnd(text, at);
    if (!head) return found;
    const [first = '', ...lines] = text
      .slice(at, head.end)
      .split('\n')
      .map((line) => line.replace(/\r$/, ''));
    const line = LINE.exec(first);
    const body = line && bodyAt(text, head.next, lines);
    if (!body) return found;
    found.push({ method: line[1]!, target: line[2]!, body: Buffer.from(body.body, 'latin1') });
    at = body.next;
  }
}

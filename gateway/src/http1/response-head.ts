/** Writes the head of an HTTP/1 answer. */
import { STATUS_CODES } from 'node:http';
import type { HeaderList } from '../headers.js';

const statusLines = new Map<number, string>();

function statusLine(status: number): string {
  let line = statusLines.get(status);
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
    if (status >= 100 && status <= 999) statusLines.set(status, line);
  }
  return line;
}

let dateSecond = 0;
let dateLine = '';

/** The Date line of this second (RFC 9110 §6.6.1): made once a second. */
function dateHeader(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateLine = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
  }
  return dateLine;
}

/** How the body is delimited, and whether the connection goes on. */
export interface Framing {
  /** Bytes; null = not known. */
  length: number | null;
  bodiless: boolean;
  chunked: boolean;
  keepAlive: boolean;
}

/**
 * The head as latin1 text, blank line included. Content-Length, Transfer-Encoding and Connection among `headers` are replaced
 * by what the framing says; a bodiless answer keeps its Content-Length (RFC 9110 §8.6).
 */
export function formatHead(status: number, headers: HeaderList, framing: Framing, nowMs: number): string {
  const { names, keys, values } = headers;
  let text = statusLine(status) + (framing.keepAlive ? 'Connection: keep-alive\r\n' : 'Connection: close\r\n');
  let dated = false;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (key === 'content-length') {
      if (!framing.bodiless || status === 204) continue;
    } else if (key === 'connection') {
      if (status !== 426) continue;
    } else if (key === 'transfer-encoding') {
      continue;
    } else if (key === 'date') {
      dated = true;
    }
    text += `${names[i]}: ${values[i]}\r\n`;
  }
  if (!dated) text += dateHeader(nowMs);
  if (!framing.bodiless) {
    if (framing.chunked) text += 'Transfer-Encoding: chunked\r\n';
    else if (framing.length !== null) text += `Content-Length: ${framing.length}\r\n`;
  }
  return `${text}\r\n`;
}

/** The head of a 101 answer, which keeps Upgrade and carries no framing. */
export function formatUpgradeHead(headers: HeaderList): string {
  let text = 'HTTP/1.1 101 Switching Protocols\r\n';
  for (const [name, value] of headers.entries()) {
    const key = name.toLowerCase();
    if (key !== 'connection' && key !== 'content-length' && key !== 'transfer-encoding') text += `${name}: ${value}\r\n`;
  }
  return `${text}Connection: upgrade\r\n\r\n`;
}

/** Turns a plugin's exit into headers and a body (Kong: kong.response.exit). */
import { HeaderList } from '../headers.js';
import type { Exit } from '../plugin.js';
import type { LiveExchange } from './exchange.js';
import { nginxPage } from './nginx-page.js';

/** A new list with the headers that plugins have set so far. */
export function pendingCopy(exchange: LiveExchange): HeaderList {
  return exchange.pendingHeaders?.clone() ?? new HeaderList();
}

function setAll(headers: HeaderList, name: string, value: string | number | readonly string[]): void {
  if (!Array.isArray(value)) {
    headers.set(name, String(value));
    return;
  }
  headers.remove(name.toLowerCase());
  for (const item of value) headers.add(name, item);
}

function encodeBody(body: Exit['body'], headers: HeaderList): Buffer {
  if (body === null || body === undefined) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  if (Buffer.isBuffer(body)) return body;
  if (!headers.has('content-type')) headers.set('Content-Type', 'application/json; charset=utf-8');
  return Buffer.from(JSON.stringify(body));
}

/** The headers and the body that an exit stands for; Content-Length is set unless the plugin set it. */
export function exitAnswer(exchange: LiveExchange, exit: Exit): { headers: HeaderList; body: Buffer } {
  const headers = pendingCopy(exchange);
  for (const [name, value] of Object.entries(exit.headers ?? {})) setAll(headers, name, value);
  headers.remove('transfer-encoding');
  const page = exit.body === undefined || exit.body === null ? nginxPage(exit.status) : null;
  if (page) headers.set('Content-Type', page.contentType);
  const body = encodeBody(page ? page.text : exit.body, headers);
  if (exit.status === 204) headers.remove('content-type');
  if (!headers.has('content-length')) headers.set('Content-Length', String(body.length));
  return { headers, body };
}

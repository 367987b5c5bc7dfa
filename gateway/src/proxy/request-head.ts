/** Writes the head of the request to the service: the client's headers less hop-by-hop ones, plus the X-Forwarded set. */
import type { HeaderList } from '../headers.js';
import type { LiveExchange } from '../phases/exchange.js';

/** Never passed on as sent: nginx's proxy module drops or sets them anew. */
const REPLACED = new Set([
  'host',
  'connection',
  'keep-alive',
  'upgrade',
  'te',
  'transfer-encoding',
  'content-length',
  'expect',
  'proxy',
  'proxy-connection',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-path',
  'x-forwarded-prefix',
  'x-real-ip',
  'x-kong-request-id',
]);

/** Names that the client's Connection header makes hop-by-hop (RFC 9110 §7.6.1). */
function connectionOptions(connection: string | undefined): Set<string> | null {
  if (connection === undefined) return null;
  const value = connection.toLowerCase();
  if (value === 'keep-alive' || value === 'close' || value === 'upgrade') return null;
  return new Set(value.split(',').map((option) => option.trim()));
}

const UNSAFE_PATH = /[^!#$&'()*+,/:;=?@[\]A-Za-z0-9\-_.~%]/g;
const IS_UNSAFE = /[^!#$&'()*+,/:;=?@[\]A-Za-z0-9\-_.~%]/;

/** Percent-encodes what can't stand in a request line (Kong: tools/uri.lua escape). One latin1 character is one byte. */
export function escapePath(path: string): string {
  if (!IS_UNSAFE.test(path)) return path;
  return path.replace(UNSAFE_PATH, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

const CONTROL = /[\x00-\x1f\x7f]/;

/** A piece of the decoded path as a header's value: the path was sent with escapes, which must not become line ends here. */
function asValue(path: string): string {
  return CONTROL.test(path) ? escapePath(path) : path;
}

function target(exchange: LiveExchange): string {
  const { upstream, request } = exchange;
  const path = escapePath(upstream.path);
  if (upstream.rawQuery !== '') return `${path}?${upstream.rawQuery}`;
  return request.rawQuery === '' && exchange.incoming.head.target.endsWith('?') ? `${path}?` : path;
}

/** True for a request that wants to become a WebSocket: the only upgrade that passes. */
export function wantsWebSocket(exchange: LiveExchange): boolean {
  const upgrade = exchange.request.headers.get('upgrade');
  return upgrade !== undefined && upgrade.length === 9 && upgrade.toLowerCase() === 'websocket';
}

/** The lines that tell the service who asked, through which host and path (Kong: access.before). */
export function forwardedLines(exchange: LiveExchange): string {
  const { request } = exchange;
  const { connection } = exchange.incoming;
  const chain = request.headers.get('x-forwarded-for');
  const { trusted } = request;
  const sent = (name: string, own: string): string => (trusted ? (request.headers.get(name) ?? own) : own);
  const prefix = trusted ? (request.headers.get('x-forwarded-prefix') ?? exchange.prefix) : exchange.prefix;
  return (
    `X-Forwarded-For: ${chain === undefined ? request.clientIp : `${chain}, ${connection.remoteAddress}`}\r\n` +
    `X-Forwarded-Proto: ${sent('x-forwarded-proto', request.scheme)}\r\n` +
    `X-Forwarded-Host: ${sent('x-forwarded-host', request.host)}\r\n` +
    `X-Forwarded-Port: ${sent('x-forwarded-port', String(request.port))}\r\n` +
    `X-Forwarded-Path: ${sent('x-forwarded-path', request.rawPath)}\r\n` +
    (prefix === null ? '' : `X-Forwarded-Prefix: ${asValue(prefix)}\r\n`) +
    `X-Real-IP: ${request.clientIp}\r\n`
  );
}

/** Whether the client takes trailers (Kong: csv of TE, without case). */
export function trailersWanted(headers: HeaderList): boolean {
  const te = headers.get('te');
  if (te === undefined) return false;
  return te
    .toLowerCase()
    .split(',')
    .some((coding) => coding.trim() === 'trailers');
}

/**
 * The request's head as latin1 text with its blank line. `length`: bytes of the body; null = chunked; undefined = there is none.
 */
export function formatRequestHead(exchange: LiveExchange, host: string, length: number | null | undefined): string {
  const { headers } = exchange.request;
  const { names, keys, values } = headers;
  const webSocket = wantsWebSocket(exchange);
  let text = `${exchange.upstream.method} ${target(exchange)} HTTP/1.1\r\nHost: ${host}\r\n`;
  text += webSocket ? 'Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n' : 'Connection: keep-alive\r\n';
  text += exchange.forwarded;
  text += `X-Kong-Request-Id: ${exchange.id}\r\n`;
  if (trailersWanted(headers)) text += 'TE: trailers\r\n';
  const hop = connectionOptions(headers.get('connection'));
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (REPLACED.has(key) || hop?.has(key)) continue;
    text += `${names[i]}: ${values[i]}\r\n`;
  }
  if (length === null) text += 'Transfer-Encoding: chunked\r\n';
  else if (length !== undefined) text += `Content-Length: ${length}\r\n`;
  return `${text}\r\n`;
}

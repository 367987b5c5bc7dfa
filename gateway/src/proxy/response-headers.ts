/** What of a service's head reaches the client (nginx's proxy module and Kong's header_filter). */
import { HeaderList } from '../headers.js';
import type { ResponseStart } from './response-parser.js';

const DROPPED = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'x-accel-buffering',
  'x-accel-charset',
  'x-accel-expires',
  'x-accel-limit-rate',
  'x-accel-redirect',
  'x-pad',
]);

/** Kong's csv(): names that the service's Connection lines make hop-by-hop, but for the three that stand for themselves. */
function hopByHop(headers: HeaderList): string[] {
  const first = headers.get('connection');
  if (first === undefined || first === 'keep-alive' || first === 'close') return [];
  return headers
    .getAll('connection')
    .join(',')
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
    .filter((option) => option !== 'close' && option !== 'upgrade' && option !== 'keep-alive');
}

/**
 * The headers for the client, in the service's order and spelling.
 * @param webSocket the client asked for a WebSocket: an Upgrade line that says so stays.
 * @param trailers the client asked for trailers: the service may announce some.
 */
export function clientHeaders(start: ResponseStart, webSocket: boolean, trailers: boolean): HeaderList {
  const from = start.headers;
  const headers = new HeaderList();
  const { names, keys, values } = from;
  const dropped = hopByHop(from);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const value = values[i]!;
    if (DROPPED.has(key) || (dropped.length > 0 && dropped.includes(key))) continue;
    if (key === 'upgrade' && !(webSocket && value.toLowerCase() === 'websocket')) continue;
    if (key === 'trailer' && !trailers) continue;
    if (key !== 'content-type' || value !== '') headers.push(names[i]!, key, value);
  }
  return headers;
}

/** What of a service's head reaches the client (nginx's proxy module and Kong's header_filter). */
import { HeaderList } from '../headers.js';
import type { ResponseStart } from './response-parser.js';

const DROPPED = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'trailer',
  'upgrade',
  'x-accel-buffering',
  'x-accel-charset',
  'x-accel-expires',
  'x-accel-limit-rate',
  'x-accel-redirect',
  'x-pad',
]);

/** Types that get a charset when they have no parameter at all (Kong: charset UTF-8 with nginx's charset_types). */
const CHARSET_TYPES = new Set(['text/html', 'text/xml', 'text/plain', 'text/vnd.wap.wml', 'application/javascript', 'application/rss+xml']);

const DEFAULT_CHARSET = '; charset=UTF-8';

/** `type` with its charset, as nginx's charset filter completes it. */
export function withCharset(type: string): string {
  return CHARSET_TYPES.has(type) || CHARSET_TYPES.has(type.toLowerCase()) ? type + DEFAULT_CHARSET : type;
}

function hopByHop(connection: string | undefined): string[] {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return [];
  return connection
    .toLowerCase()
    .split(',')
    .map((option) => option.trim());
}

/**
 * The headers for the client, in the service's order and spelling.
 * @param upgraded the service switched protocols, so Upgrade stays.
 */
export function clientHeaders(start: ResponseStart, upgraded: boolean): HeaderList {
  const from = start.headers;
  // nginx leaves redirects alone: old browsers took their charset for the next page's.
  const completes = start.status !== 301 && start.status !== 302;
  const headers = new HeaderList();
  const { names, keys, values } = from;
  const dropped = hopByHop(from.get('connection'));
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (DROPPED.has(key) && !(upgraded && key === 'upgrade')) continue;
    if (dropped.length > 0 && dropped.includes(key) && !(upgraded && key === 'upgrade')) continue;
    const value = values[i]!;
    headers.push(names[i]!, key, key === 'content-type' && completes ? withCharset(value) : value);
  }
  return headers;
}

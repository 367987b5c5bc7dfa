/** nginx's charset filter as Kong sets it (charset UTF-8): the last to see a head, after all plugins. */
import type { HeaderList } from '../headers.js';

/** Types that get a charset when they have no parameter at all (nginx: charset_types). */
const TYPES = new Set(['text/html', 'text/xml', 'text/plain', 'text/vnd.wap.wml', 'application/javascript', 'application/rss+xml']);

/** Completes Content-Type. nginx leaves 301 and 302 alone: old browsers took their charset for the next page's. */
export function addCharset(status: number, headers: HeaderList): void {
  if (status === 301 || status === 302) return;
  const i = headers.keys.indexOf('content-type');
  if (i < 0) return;
  const type = headers.values[i]!;
  if (TYPES.has(type) || TYPES.has(type.toLowerCase())) headers.values[i] = `${type}; charset=UTF-8`;
}

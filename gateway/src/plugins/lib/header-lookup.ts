/** Looks headers up as OpenResty's tables do: without case, and with `_` for `-` when nothing is spelled with `_`. */
import type { HeaderList } from '../../headers.js';

/** The key under which a list holds `name`; null when it holds none. */
export function findKey(headers: HeaderList, name: string): string | null {
  const key = name.toLowerCase();
  if (headers.has(key)) return key;
  if (!key.includes('_')) return null;
  const dashed = key.replaceAll('_', '-');
  return headers.has(dashed) ? dashed : null;
}

/** The name as OpenResty sends it in an answer: `_` becomes `-`. */
export function responseName(name: string): string {
  return name.replaceAll('_', '-');
}

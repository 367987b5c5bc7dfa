/** `name:value` entries of the transformer plugins. */
import { toBytes } from './bytes.js';

export interface Pair {
  /** Bytes. */
  readonly name: string;
  /** Bytes; null when nothing follows the colons. */
  readonly value: string | null;
}

/** Splits at the first colon; further colons right behind it are dropped (Kong's pattern `^([^:]+):*(.-)$`). Null without a name. */
export function splitPair(entry: string): Pair | null {
  const text = toBytes(entry);
  const colon = text.indexOf(':');
  if (colon === 0 || text === '') return null;
  if (colon < 0) return { name: text, value: null };
  let start = colon;
  while (text[start] === ':') start++;
  return { name: text.slice(0, colon), value: start < text.length ? text.slice(start) : null };
}

/** All entries of a configured list that have a name. */
export function splitPairs(entries: readonly string[] | null | undefined): Pair[] {
  return (entries ?? []).map(splitPair).filter((pair) => pair !== null);
}

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

const UNSAFE_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/g;
const UNSAFE_NAME = /[^!#$%&'*+\-.0-9A-Z^_`a-z|~]/g;

const percent = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** A value that can't break out of its line: control characters are percent-encoded, as OpenResty does. */
export function safeValue(value: string): string {
  return value.replace(UNSAFE_VALUE, percent);
}

/** A name of token characters only; others are percent-encoded, as OpenResty does. */
export function safeName(name: string): string {
  return name.replace(UNSAFE_NAME, percent);
}

/** Replaces all lines of a name by these values. */
export function setAll(headers: HeaderList, name: string, values: readonly string[]): void {
  headers.remove(name.toLowerCase());
  for (const value of values) headers.add(name, value);
}

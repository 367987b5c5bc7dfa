/** Header names seen before with their lower-case form: saves the work per line. Bounded, as peers choose the names. */
const known = new Map<string, string>();
const KNOWN_MAX = 2048;

/** nginx's idea of a name that is passed on: letters, digits, `-` and `_` (underscores_in_headers on, ignore_invalid_headers on). */
const PASSED = /^[A-Za-z0-9_-]+$/;
const BAD = /[\x00-\x20\x7f]/;

/**
 * The lower-case form of a client's header name; '' for a line that is ignored, null for one that is refused.
 */
export function requestKey(name: string): string | null {
  const key = known.get(name);
  if (key !== undefined) return key;
  if (name === '' || BAD.test(name)) return null;
  return remember(name, PASSED.test(name) ? name.toLowerCase() : '');
}

/** The lower-case form of a service's header name; null for one with a blank or control byte. nginx passes the others on. */
export function responseKey(name: string): string | null {
  const key = known.get(name);
  if (key !== undefined && key !== '') return key;
  if (name === '' || BAD.test(name)) return null;
  const lower = name.toLowerCase();
  return PASSED.test(name) ? remember(name, lower) : lower;
}

function remember(name: string, key: string): string {
  if (known.size < KNOWN_MAX) known.set(name, key);
  return key;
}

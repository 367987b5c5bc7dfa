/** The signed fields of both kinds of sign-in data, and the text that Telegram signs. */

/** Fields by name, the hash apart. */
export interface SignedFields {
  readonly fields: ReadonlyMap<string, string>;
  /** 64 lower-case hex digits. */
  readonly hash: string;
}

const FIELDS_MAX = 32;
const VALUE_MAX = 4096;
const INIT_DATA_MAX = 8192;
const NAME = /^[a-z][a-z0-9_]{0,31}$/;
const HASH = /^[0-9a-f]{64}$/;

/**
 * Control characters: the signed text separates fields by line feeds, so a value with one could be cut into fields that nobody
 * signed.
 */
const CONTROL = /\p{Cc}/u;

function collect(pairs: Iterable<readonly [string, string]>): SignedFields | null {
  const fields = new Map<string, string>();
  for (const [name, value] of pairs) {
    const fits = NAME.test(name) && value.length <= VALUE_MAX && !CONTROL.test(value);
    if (!fits || fields.has(name) || fields.size >= FIELDS_MAX) return null;
    fields.set(name, value);
  }
  const hash = fields.get('hash') ?? '';
  fields.delete('hash');
  return HASH.test(hash) ? { fields, hash } : null;
}

/** A value of the widget's object as Telegram wrote it into the signed text; null for what it never sends. */
function widgetValue(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? String(value) : null;
}

/** The fields of a Login Widget's object; null for what is none. */
export function widgetFields(payload: Readonly<Record<string, unknown>>): SignedFields | null {
  const pairs: [string, string][] = [];
  for (const [name, given] of Object.entries(payload)) {
    const value = widgetValue(given);
    if (value === null) return null;
    pairs.push([name, value]);
  }
  return collect(pairs);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

/** The fields of a Mini App's `initData` (a query string); null for what is none, and where a parameter stands twice. */
export function initDataFields(text: string): SignedFields | null {
  if (text.length > INIT_DATA_MAX) return null;
  const pairs: [string, string][] = [];
  for (const piece of text.split('&', FIELDS_MAX + 2)) {
    const at = piece.indexOf('=');
    const name = decoded(piece.slice(0, Math.max(0, at)));
    const value = decoded(piece.slice(at + 1));
    if (at < 1 || name === null || value === null) return null;
    pairs.push([name, value]);
  }
  return collect(pairs);
}

/** Telegram's data-check-string: all fields but the hash as `name=value`, sorted by name, one a line. */
export function dataCheckString(fields: ReadonlyMap<string, string>): string {
  const names = [...fields.keys()].sort((a, b) => (a < b ? -1 : 1));
  return names.map((name) => `${name}=${fields.get(name)}`).join('\n');
}

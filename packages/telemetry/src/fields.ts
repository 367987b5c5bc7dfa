/** Fields of a log line or a span, made fit to be kept: no secrets, bounded in depth, number and length. */
import { isSecretName, isSensitive, REDACTED, redactText, redactUrl } from '@gatehouse/policy';

const DEPTH_MAX = 6;
const ENTRIES_MAX = 64;
const TEXT_MAX = 4096;
const CAUSES_MAX = 3;
/** `ECONNREFUSED`, `ERR_JWT_EXPIRED`: the only kind of `code` that is not an authorization code. */
const ERROR_CODE = /^[A-Z][A-Z0-9_]{1,63}$/;
/** Names of the line's own fields, which nobody may write over. */
const OWN = new Set(['timestamp', 'level', 'service', 'message']);

/** Fields that hold an address, whose path may hold a secret too. */
const ADDRESSES = new Set(['url', 'path', 'href', 'location', 'endpoint', 'redirecturi', 'referer']);

/** A message with secrets taken out, cut at 4096 characters. */
export function redactMessage(text: unknown): string {
  const whole = String(text);
  // Cut last: a secret that is cut in half is not recognised.
  const shown = redactText(whole.length > 4 * TEXT_MAX ? whole.slice(0, 4 * TEXT_MAX) : whole);
  return shown.length > TEXT_MAX ? `${shown.slice(0, TEXT_MAX)}…` : shown;
}

/** Fields with secrets taken out. The line's own names are written as `field_…`. Never throws, whatever it is given. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(redactEntries(fields, 0));
  return Object.fromEntries(entries.map(([name, value]) => [OWN.has(name) ? `field_${name}` : name, value]));
}

function redactEntries(fields: object, depth: number): Record<string, unknown> {
  const shown: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(fields).slice(0, ENTRIES_MAX)) shown[redactMessage(name)] = readField(fields, name, depth);
  return shown;
}

function readField(fields: object, name: string, depth: number): unknown {
  try {
    const value = (fields as Record<string, unknown>)[name];
    if (isSecretName(name) && value !== null && value !== undefined && typeof value !== 'boolean') return REDACTED;
    return typeof value === 'string' && ADDRESSES.has(name.toLowerCase()) ? redactAddress(value) : shown(value, depth);
  } catch {
    return '[unreadable]';
  }
}

function redactAddress(address: string): string {
  const whole = address.slice(0, TEXT_MAX);
  const query = whole.indexOf('?');
  return redactMessage(query < 0 ? redactUrl(whole, '') : redactUrl(whole.slice(0, query), whole.slice(query + 1)));
}

function shown(value: unknown, depth: number): unknown {
  if (typeof value === 'string')
    return isSensitive(value) && !value.includes(' ') && !value.includes('/') ? REDACTED : redactMessage(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' || typeof value === 'symbol' ? undefined : value;
  if (value instanceof Error) return errorFields(value, 0);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return redactMessage(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= DEPTH_MAX) return '[deep]';
  if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map((item) => shown(item, depth + 1));
  return redactEntries(value, depth + 1);
}

/** An error's name, code, words, stack and causes. */
export function errorFields(error: Error, depth = 0): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const code = (error as { code?: unknown }).code;
  return {
    type: redactMessage(name),
    ...(typeof code === 'string' && ERROR_CODE.test(code) && { code }),
    message: redactMessage(message),
    ...(typeof stack === 'string' && { stack: redactMessage(stack) }),
    ...(cause instanceof Error && depth < CAUSES_MAX && { cause: errorFields(cause, depth + 1) }),
  };
}

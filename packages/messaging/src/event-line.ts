/** Events as one line of JSON, as stores keep them. */
import type { OutgoingEvent } from './events.js';

/** Longest line in bytes: 64 KiB of value and the rest. */
export const LINE_MAX = 72 * 1024;
const VALUE_MAX = 64 * 1024;
const HEADERS_MAX = 32;
const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;
const HEADER = /^[A-Za-z0-9_.-]{1,128}$/;

const isText = (value: unknown, max: number): value is string => typeof value === 'string' && value.length > 0 && value.length <= max;
const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && [null, Object.prototype].includes(Object.getPrototypeOf(value));

function headersFit(headers: unknown): boolean {
  if (headers === undefined) return true;
  if (!isPlain(headers)) return false;
  const entries = Object.entries(headers);
  return entries.length <= HEADERS_MAX && entries.every(([name, value]) => HEADER.test(name) && isText(value, 1024));
}

function isEvent(event: unknown): event is OutgoingEvent {
  if (!isPlain(event)) return false;
  const { topic, key, id, type, time, value, headers } = event;
  return (
    isText(topic, 249) &&
    TOPIC.test(topic) &&
    isText(key, 512) &&
    isText(id, 128) &&
    isText(type, 128) &&
    isText(time, 64) &&
    Number.isFinite(Date.parse(time)) &&
    isPlain(value) &&
    headersFit(headers)
  );
}

/** The event's line, without a line break; null when it is not an event or too large. */
export function encodeEvent(event: OutgoingEvent): string | null {
  try {
    if (!isEvent(event)) return null;
    const { topic, key, id, type, time, headers } = event;
    const value = JSON.stringify(event.value);
    if (Buffer.byteLength(value) > VALUE_MAX) return null;
    const line = JSON.stringify({ topic, key, id, type, time, ...(headers && { headers }), value: 0 });
    const whole = `${line.slice(0, -2)}${value}}`;
    return Buffer.byteLength(whole) > LINE_MAX ? null : whole;
  } catch {
    return null;
  }
}

/** Reads a line back; null when it is none. */
export function decodeEvent(line: string): OutgoingEvent | null {
  if (line.length > LINE_MAX) return null;
  try {
    const event: unknown = JSON.parse(line);
    return isEvent(event) ? event : null;
  } catch {
    return null;
  }
}

import { isUtf8 } from 'node:buffer';
import { type JsonLimits, scanJson } from './scan.js';

const limits: JsonLimits = {
  maxDepth: 32,
  maxKeys: 10_000,
  maxItems: 100_000,
  maxKeyLength: 1024,
  maxStringLength: 10_000_000,
  duplicateKeys: false,
};

const ignoreKeys = (): null => null;

/**
 * An object out of JSON whose meaning every parser agrees on: UTF-8, no key twice, no NUL, bounded depth.
 * For what is signed: a parser that reads it differently must not be led astray.
 * @returns null for anything else
 */
export function strictJson(bytes: Uint8Array): Record<string, unknown> | null {
  if (!isUtf8(bytes)) return null;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  if (scanJson(text, limits, ignoreKeys) !== null) return null;
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}

/** How who is counted stands in a counter's key: parts that each end with `|`, so that a part can be found whole. */
import { createHash } from 'node:crypto';
import { networkOf } from './network.js';

const PLAIN = /^[A-Za-z0-9._:@+=/-]{1,64}$/;
const HASH_LENGTH = 22;

const hashed = (text: string): string => `#${createHash('sha256').update(text).digest('base64url').slice(0, HASH_LENGTH)}`;

/**
 * A part of a subject as it stands in a key: plain where it is short and harmless, else its hash; what is missing is empty.
 * @param secret hashed in any case: what a client wrote into a body or a header has no place in a list of keys
 */
export function encodePart(text: string, secret: boolean): string {
  if (text === '') return '|';
  return !secret && PLAIN.test(text) ? `${text}|` : `${hashed(text)}|`;
}

/** The digits of a number however it is written: full-width, Arabic and Persian ones too; `00` in front is `+`. */
export function digitsOf(text: string): string {
  const western = text.normalize('NFKC').replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15));
  return western.replace(/\D/g, '').replace(/^00/, '');
}

/** IPv6 networks that windows may count by; 64 is the default. */
const PREFIXES = [64, 56, 48, 32, 128];

/** All forms in which an operator's word for somebody may stand in keys: as it is, hashed, as a number, as a network. */
export function encodedForms(subject: string): string[] {
  const written = [subject, subject.toLowerCase(), digitsOf(subject)];
  const texts = [...written, ...PREFIXES.map((prefix) => networkOf(subject, prefix))].filter((text) => text !== '');
  return [...new Set(texts.flatMap((text) => [encodePart(text, false), encodePart(text, true)]))];
}

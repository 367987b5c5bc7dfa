/** Whether a body is what its content type says, and what stands in it. */
import { isUtf8 } from 'node:buffer';
import { eachParameter, type JsonLimits, scanJson } from '@gatehouse/policy';
import type { MediaType } from './media-type.js';
import { type KeyFault, keyParts, type SanitizeRule } from './rules.js';

export interface BodyRules {
  readonly json: JsonLimits;
  readonly key: (key: string) => KeyFault | null;
}

export type BodyKind = 'json' | 'form' | 'multipart' | 'text';

/** The kinds that are read; null for all others (images, streams of bytes …). No type at all is looked at as JSON may hide there. */
export function kindOf(type: MediaType | null): BodyKind | null {
  if (type === null) return 'text';
  const { essence } = type;
  if (essence === 'application/json' || essence.endsWith('+json') || essence === 'text/json') return 'json';
  if (essence === 'application/x-www-form-urlencoded') return 'form';
  if (essence === 'multipart/form-data') return 'multipart';
  return essence.startsWith('text/') ? 'text' : null;
}

const CHARSETS = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);
const BAD_PERCENT = /%(?![0-9a-fA-F]{2})/;
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f]/;
/** How JSON and XML begin, and no form does. */
const OTHER_FORMAT = /^\s*[{[<]/;
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{1,70}$/;
const DISPOSITION = /^content-disposition:(.*)$/im;
const NAME = /;[ \t]*(?:file)?name\*?=(?:"((?:[^"\\]|\\.)*)"|([^;]*))/gi;
const PARTS_MAX = 1000;

function checkForm(text: string, rules: BodyRules): SanitizeRule | null {
  if (CONTROL.test(text) || OTHER_FORMAT.test(text) || BAD_PERCENT.test(text)) return 'not-form';
  let fault: SanitizeRule | null = null;
  eachParameter(text, (name, value) => {
    fault = name.includes('\0') || value.includes('\0') ? 'nul-byte' : checkKey(name, rules);
    return fault === null;
  });
  return fault;
}

function checkKey(name: string, rules: BodyRules): KeyFault | null {
  for (const part of keyParts(name)) {
    const fault = rules.key(part);
    if (fault !== null) return fault;
  }
  return null;
}

/** The header blocks of the parts; null when the framing is broken (RFC 2046 section 5.1). */
function partHeads(text: string, boundary: string): string[] | null {
  const delimiter = `\r\n--${boundary}`;
  const heads: string[] = [];
  // A body may begin with its first delimiter, with no line break before it.
  let at = text.startsWith(`--${boundary}`) ? boundary.length + 2 : after(text, delimiter, 0);
  while (at !== null && heads.length <= PARTS_MAX) {
    if (text.startsWith('--', at)) return heads;
    const end = text.indexOf('\r\n\r\n', at);
    if (end < 0) return null;
    heads.push(text.slice(at, end));
    at = after(text, delimiter, end);
  }
  return null;
}

function after(text: string, wanted: string, from: number): number | null {
  const found = text.indexOf(wanted, from);
  return found < 0 ? null : found + wanted.length;
}

/** Framing and the names of the parts; what is in them is the service's business. */
function checkMultipart(bytes: Buffer, boundary: string | undefined, rules: BodyRules): SanitizeRule | null {
  if (boundary === undefined || !BOUNDARY.test(boundary) || boundary.endsWith(' ')) return 'not-multipart';
  const heads = partHeads(bytes.toString('latin1'), boundary);
  if (heads === null) return 'not-multipart';
  for (const head of heads) {
    const fault = checkPart(head.replace(/\r\n[ \t]+/g, ' '), rules);
    if (fault !== null) return fault;
  }
  return null;
}

function checkPart(head: string, rules: BodyRules): SanitizeRule | null {
  const disposition = DISPOSITION.exec(head)?.[1];
  if (disposition === undefined) return 'not-multipart';
  for (const match of disposition.matchAll(NAME)) {
    const name = match[1] ?? match[2] ?? '';
    if (name.includes('\0') || name.includes('%00')) return 'nul-byte';
    const fault = checkKey(name, rules);
    if (fault !== null) return fault;
  }
  return null;
}

/** A body with no type (or a plain one) is only looked into when it is JSON: some services parse whatever looks like it. */
function checkText(text: string, typed: boolean, rules: BodyRules): SanitizeRule | null {
  if (text.includes('\0')) return 'nul-byte';
  const first = text.trimStart()[0];
  if (typed || (first !== '{' && first !== '[')) return null;
  const fault = scanJson(text, rules.json, rules.key);
  return fault === 'not-json' ? null : fault;
}

/** What a body breaks, or null. It is never changed. */
export function checkBody(bytes: Buffer, kind: BodyKind, type: MediaType | null, rules: BodyRules): SanitizeRule | null {
  if (kind === 'multipart') return checkMultipart(bytes, type?.boundary, rules);
  const charset = type?.charset;
  if (kind === 'text' && charset !== undefined && !CHARSETS.has(charset)) return null;
  if (charset !== undefined && !CHARSETS.has(charset)) return 'charset';
  if (!isUtf8(bytes)) return kind === 'text' && type === null ? null : 'not-utf8';
  const text = bytes.toString('utf8');
  if (kind === 'form') return checkForm(text, rules);
  return kind === 'json' ? scanJson(text, rules.json, rules.key) : checkText(text, type !== null, rules);
}

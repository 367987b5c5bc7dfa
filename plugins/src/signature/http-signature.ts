/** Signed requests: HTTP Message Signatures (RFC 9421) with hmac-sha256, and Content-Digest (RFC 9530) for the body. */
import { createHash, createHmac } from 'node:crypto';
import type { Facts } from '@gatehouse/policy';
import { sameBytes } from './compare.js';
import type { Scheme, Verified } from './policy.js';
import { type InnerList, parseDictionary } from './structured-fields.js';

const ALGORITHM = 'hmac-sha256';
const DIGESTS: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };
const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/;
const SIGNATURES_MAX = 5;

export interface HttpSignatureOptions {
  /** By `keyid`; several keys of one id during a rotation. */
  readonly keys: ReadonlyMap<string, readonly Buffer[]>;
  readonly toleranceMs: number;
  /** Lower-case names of further fields that must be covered. */
  readonly headers: readonly string[];
}

/** A field's lines as one value (RFC 9421 section 2.1); null when it is absent. */
function fieldValue(facts: Facts, name: string): string | null {
  const lines = facts.headerValues(name);
  return lines.length === 0 ? null : lines.map((line) => line.trim()).join(', ');
}

/** What a covered component stands for (section 2.2); null for one that this gateway does not take. */
function componentValue(facts: Facts, name: string, fields: readonly string[]): string | null {
  switch (name) {
    case '@method':
      return facts.method;
    case '@authority':
      return facts.header('host')?.toLowerCase() ?? null;
    case '@scheme':
      return facts.scheme;
    case '@path':
      return facts.rawPath;
    case '@query':
      return `?${facts.rawQuery}`;
    case '@request-target':
      return facts.rawQuery === '' ? facts.rawPath : `${facts.rawPath}?${facts.rawQuery}`;
    default:
      return fields.includes(name) ? fieldValue(facts, name) : null;
  }
}

/** What is signed (section 2.5); null when a component is unknown, absent, doubled or has parameters. */
export function signatureBase(facts: Facts, list: InnerList, fields: readonly string[]): string | null {
  const lines: string[] = [];
  const seen = new Set<string>();
  for (const { value: name, parameters } of list.items) {
    const value = parameters.size > 0 || seen.has(name) ? null : componentValue(facts, name, fields);
    if (value === null) return null;
    seen.add(name);
    lines.push(`"${name}": ${value}`);
  }
  lines.push(`"@signature-params": ${list.source}`);
  return lines.join('\n');
}

/** Whether the list covers what makes a request: method, path, query, body, and what the operator wants besides. */
function coversEnough(facts: Facts, list: InnerList, bodyLength: number, headers: readonly string[]): boolean {
  const covered = new Set(list.items.map((item) => item.value));
  const target = covered.has('@request-target') || (covered.has('@path') && (facts.rawQuery === '' || covered.has('@query')));
  const body = bodyLength === 0 || covered.has('content-digest');
  return covered.has('@method') && target && body && headers.every((name) => covered.has(name));
}

/** The signed moment is near now: `created`, or a covered Date; `expires` is kept besides. */
function isTimely(facts: Facts, list: InnerList, now: number, toleranceMs: number): boolean {
  const { parameters } = list;
  const expires = parameters.get('expires');
  if (expires !== undefined && (typeof expires !== 'number' || expires * 1000 <= now)) return false;
  const moments: number[] = [];
  const created = parameters.get('created');
  if (created !== undefined) moments.push(typeof created === 'number' ? created * 1000 : Number.NaN);
  if (list.items.some((item) => item.value === 'date')) {
    const date = fieldValue(facts, 'date') ?? '';
    moments.push(IMF_FIXDATE.test(date) ? Date.parse(date) : Number.NaN);
  }
  return moments.length > 0 && moments.every((moment) => Math.abs(now - moment) <= toleranceMs);
}

/** Whether Content-Digest says of the body what is true: every algorithm that is known, and at least one. */
function digestHolds(facts: Facts, body: Uint8Array): boolean {
  const header = fieldValue(facts, 'content-digest');
  if (header === null) return true;
  const members = parseDictionary(header);
  if (!members) return false;
  const known = [...members].filter(([name]) => Object.hasOwn(DIGESTS, name));
  return (
    known.length > 0 &&
    known.every(([name, given]) => given instanceof Uint8Array && sameBytes(createHash(DIGESTS[name]!).update(body).digest(), given))
  );
}

/** Requests signed by clients that hold a secret. */
export function httpSignature(options: HttpSignatureOptions): Scheme {
  const fields = ['date', 'content-digest', 'content-type', 'content-length', ...options.headers];
  const check = (facts: Facts, body: Uint8Array, now: number, list: InnerList, given: Uint8Array): boolean => {
    const keyid = list.parameters.get('keyid');
    const alg = list.parameters.get('alg') ?? ALGORITHM;
    const keys = typeof keyid === 'string' ? options.keys.get(keyid) : undefined;
    if (!keys || alg !== ALGORITHM || !isTimely(facts, list, now, options.toleranceMs)) return false;
    if (!coversEnough(facts, list, body.length, options.headers) || !digestHolds(facts, body)) return false;
    const base = signatureBase(facts, list, fields);
    return base !== null && keys.some((key) => sameBytes(createHmac('sha256', key).update(base).digest(), given));
  };
  return {
    headers: ['signature', 'signature-input', 'host', ...fields],
    present: (facts) => facts.header('signature') !== undefined || facts.header('signature-input') !== undefined,
    verify(facts, body, now): Verified | null {
      const inputs = parseDictionary(fieldValue(facts, 'signature-input') ?? '');
      const signatures = parseDictionary(fieldValue(facts, 'signature') ?? '');
      if (!inputs || !signatures) return null;
      for (const [label, list] of [...inputs].slice(0, SIGNATURES_MAX)) {
        const given = signatures.get(label);
        if (list instanceof Uint8Array || !(given instanceof Uint8Array)) continue;
        if (check(facts, body, now, list, given)) return { replayKey: Buffer.from(given).toString('base64url'), repeat: 'request' };
      }
      return null;
    },
  };
}

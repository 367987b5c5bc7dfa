/** Who is counted: the values of a window's `by`, out of a request. */
import { eachParameter, type Facts, type Identity, strictJson, valueAt } from '@gatehouse/policy';
import { digitsOf, encodePart } from './encode.js';
import { networkOf } from './network.js';
import type { WindowConfig } from './schema.js';

/** Values of a body by dotted path. */
export type BodyFields = (path: string) => unknown;

/** The fields of no body. */
export const NO_BODY: BodyFields = () => undefined;

/** One part as it stands in a key. */
export type PartReader = (facts: Facts, identity: Identity | null, body: BodyFields) => string;

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

function formFields(text: string): BodyFields {
  const values = new Map<string, string | null>();
  eachParameter(text, (name, value) => {
    // A name that stands twice means one thing to one parser and another to the next.
    values.set(name, values.has(name) ? null : value);
    return undefined;
  });
  return (path) => values.get(path) ?? undefined;
}

/** The fields of a JSON or form body; of anything that parsers may read in two ways none. */
export function bodyFields(bytes: Uint8Array, contentType: string | undefined): BodyFields {
  if (contentType?.toLowerCase().startsWith('application/x-www-form-urlencoded')) return formFields(Buffer.from(bytes).toString('latin1'));
  const record = strictJson(bytes);
  return record === null ? NO_BODY : (path) => valueAt(record, path);
}

const forms: Readonly<Record<WindowConfig['form'], (text: string) => string>> = {
  exact: (text) => text,
  lower: (text) => text.toLowerCase(),
  digits: digitsOf,
};

type Written = (name: string, facts: Facts, identity: Identity | null, body: BodyFields) => string;

/** What a client wrote: hashed in keys, compared in the window's form. */
const written: Readonly<Record<string, Written>> = {
  header: (name, facts) => facts.headerValues(name.toLowerCase()).join(','),
  query: (name, facts) => {
    const values: string[] = [];
    eachParameter(facts.rawQuery, (key, value) => {
      if (key === name) values.push(value);
      return undefined;
    });
    return values.join(',');
  },
  body: (name, _facts, _identity, body) => textOf(body(name)),
  capture: (name, facts) => facts.capture(name) ?? '',
};

const simple: Readonly<Record<string, (facts: Facts, identity: Identity | null) => string>> = {
  user: (_facts, identity) => identity?.subject ?? '',
  role: (_facts, identity) => identity?.roles.join(',') ?? '',
  plan: (_facts, identity) => identity?.plan ?? '',
  key: (_facts, identity) => (identity?.via === 'api-key' ? (identity.tokenId ?? '') : ''),
  session: (_facts, identity) => identity?.sessionId ?? '',
  route: (facts) => facts.route ?? '',
  service: (facts) => facts.service ?? '',
  method: (facts) => facts.method,
  host: (facts) => facts.host,
};

/** Makes the reader of a part that the schema let through. */
export function partReader(part: string, form: WindowConfig['form'], ipv6Prefix: number): PartReader {
  if (part === 'ip') return (facts) => encodePart(networkOf(facts.clientIp, ipv6Prefix), false);
  const plain = simple[part];
  if (plain) return (facts, identity) => encodePart(plain(facts, identity), false);
  const colon = part.indexOf(':');
  const name = part.slice(colon + 1);
  const shape = forms[form];
  if (part.startsWith('claim:')) return (_facts, identity) => encodePart(shape(textOf(valueAt(identity?.claims, name))), false);
  const read = written[part.slice(0, colon)]!;
  return (facts, identity, body) => encodePart(shape(read(name, facts, identity, body)), true);
}

/** Header operations on answers (kong/plugins/response-transformer/header_transformer.lua). */
import type { HeaderList } from '../../headers.js';
import { findKey, responseName, safeName, safeValue, setAll } from '../lib/header-lookup.js';
import { splitPairs } from '../lib/pairs.js';
import type { ResponseTransformerConfig } from './config.js';

interface Rule {
  /** As it is sent. */
  readonly name: string;
  readonly key: string;
  readonly value: string;
}

interface Rename {
  readonly from: string;
  readonly to: string;
}

/** The framing of an answer is the gateway's own; Kong ignores this name too. */
const UNTOUCHED = 'transfer-encoding';

/** Headers of which nginx sends the last one that it is given. */
const SINGLE = new Set(['content-type', 'etag', 'last-modified', 'expires', 'server', 'refresh', 'accept-ranges', 'content-encoding']);

/** Whether something appended takes the place of what is there. */
function isSingle(headers: HeaderList, key: string): boolean {
  return SINGLE.has(key) && headers.has(key);
}

const answerName = (name: string): string => safeName(responseName(name));

function valueRules(entries: readonly string[]): Rule[] {
  return splitPairs(entries).flatMap(({ name, value }) => {
    const key = answerName(name).toLowerCase();
    return value === null || key === UNTOUCHED ? [] : [{ name: answerName(name), key, value: safeValue(value) }];
  });
}

function renames(entries: readonly string[]): Rename[] {
  const pairs = splitPairs(entries).flatMap(({ name, value }) =>
    value === null ? [] : [{ from: answerName(name), to: answerName(value) }],
  );
  return pairs.filter(({ from, to }) => from.toLowerCase() !== UNTOUCHED && to.toLowerCase() !== UNTOUCHED);
}

export interface HeaderRules {
  readonly remove: readonly string[];
  readonly rename: readonly Rename[];
  readonly replace: readonly Rule[];
  readonly add: readonly Rule[];
  readonly append: readonly Rule[];
  /** Some name stands in two places, so what was there before must be remembered. */
  readonly overlapping: boolean;
}

export function headerRules(config: ResponseTransformerConfig): HeaderRules {
  const remove = splitPairs(config.remove.headers).map(({ name }) => answerName(name).toLowerCase());
  const rename = renames(config.rename.headers);
  const [replace, add, append] = [valueRules(config.replace.headers), valueRules(config.add.headers), valueRules(config.append.headers)];
  const touched = [
    ...remove,
    ...rename.flatMap(({ from, to }) => [from.toLowerCase(), to.toLowerCase()]),
    ...[...replace, ...add].map(({ key }) => key),
  ];
  return { remove, rename, replace, add, append, overlapping: new Set(touched).size < touched.length };
}

function renameOne(headers: HeaderList, before: HeaderList, { from, to }: Rename): void {
  const found = findKey(before, from);
  if (found === null) return;
  const values = before.getAll(found);
  setAll(headers, to, values);
  headers.remove(from.toLowerCase());
}

/** Kong asks what the answer carried before the first operation, whatever the operations before have done. */
export function transformHeaders(headers: HeaderList, rules: HeaderRules): void {
  const before = rules.overlapping ? headers.clone() : headers;
  for (const key of rules.remove) headers.remove(key);
  for (const rename of rules.rename) renameOne(headers, before, rename);
  for (const { name, key, value } of rules.replace) if (findKey(before, key) !== null) headers.set(name, value);
  for (const { name, key, value } of rules.add) if (findKey(before, key) === null) headers.set(name, value);
  for (const { name, key, value } of rules.append) {
    if (isSingle(headers, key)) headers.set(name, value);
    else headers.push(name, key, value);
  }
}

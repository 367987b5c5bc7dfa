/** Operations on the top level of a JSON answer (kong/plugins/response-transformer/body_transformer.lua). */
import { decodeJson, encodeJson, encodeMembers, rounded } from '../lib/json.js';
import { appendToJson } from '../lib/json-append.js';
import { parseNumber } from '../lib/lua-number.js';
import { splitPairs } from '../lib/pairs.js';
import type { ResponseTransformerConfig } from './config.js';

interface Rule {
  readonly name: string;
  readonly value: string | number | boolean;
}

interface Rename {
  readonly from: string;
  readonly to: string;
}

/** The value as Kong reads it: through JSON and half way back, so backslashes and control characters stay escaped. */
function textOf(value: string | null): string {
  if (value === null) return 'null';
  return JSON.stringify(value).slice(1, -1).replaceAll('\x7f', '\\u007f').replaceAll('\\"', '"');
}

/** Undefined for what is no number where one is asked for: such a rule does nothing. */
function typed(text: string, type: string | undefined): Rule['value'] | undefined {
  if (type === 'boolean') return text === 'true';
  if (type !== 'number') return text;
  const number = parseNumber(text);
  return number === undefined || !Number.isFinite(number) ? undefined : rounded(number);
}

function valueRules(entries: readonly string[], types: readonly string[]): Rule[] {
  return splitPairs(entries).flatMap(({ name, value }, i) => {
    const known = typed(textOf(value), types[i]);
    return known === undefined ? [] : [{ name, value: known }];
  });
}

export interface JsonRules {
  readonly remove: readonly string[];
  readonly rename: readonly Rename[];
  readonly replace: readonly Rule[];
  readonly add: readonly Rule[];
  readonly append: readonly Rule[];
}

/** Null when nothing is configured for bodies. */
export function jsonRules(config: ResponseTransformerConfig): JsonRules | null {
  const lists = [config.remove, config.rename, config.replace, config.add, config.append];
  if (lists.every(({ json }) => json.length === 0)) return null;
  const values = ({ json, json_types }: ResponseTransformerConfig['add']): Rule[] => valueRules(json, json_types);
  return {
    remove: splitPairs(config.remove.json).map(({ name }) => name),
    rename: splitPairs(config.rename.json).flatMap(({ name, value }) => (value === null ? [] : [{ from: name, to: value }])),
    replace: values(config.replace),
    add: values(config.add),
    append: values(config.append),
  };
}

/** Lua's truth: JSON's null is a value there. */
const present = (value: unknown): boolean => value !== undefined && value !== false;

function transformMembers(members: Map<string, unknown>, rules: JsonRules): void {
  for (const name of rules.remove) members.delete(name);
  for (const { from, to } of rules.rename) {
    const value = members.get(from);
    if (value === undefined) continue;
    members.set(to, value);
    members.delete(from);
  }
  for (const { name, value } of rules.replace) if (present(members.get(name))) members.set(name, value);
  for (const { name, value } of rules.add) if (!present(members.get(name))) members.set(name, value);
  for (const { name, value } of rules.append) members.set(name, appendToJson(members.get(name), value));
}

/** The body to send instead; null when it is neither object nor array, or no JSON at all. */
export function transformJson(body: Buffer, rules: JsonRules): string | null {
  const value = decodeJson(body)?.value;
  if (typeof value !== 'object' || value === null) return null;
  // Kong sets members on the array, and loses them when it encodes it again.
  if (Array.isArray(value)) return encodeJson(value);
  const members = new Map<string, unknown>(Object.entries(value));
  transformMembers(members, rules);
  return encodeMembers(members);
}

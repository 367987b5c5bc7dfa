/** Operations on the top level of a JSON body. */
import { fromBytes } from '../lib/bytes.js';
import { decodeJson, encodeJson, encodeMembers } from '../lib/json.js';
import { appendToJson } from '../lib/json-append.js';
import type { Environment } from './lua/parser.js';
import { LuaError } from './lua/values.js';
import type { Rule, RuleSet } from './rules.js';

type Members = Map<string, unknown>;

const nameOf = (rule: Rule): string => fromBytes(rule.name);
const rendered = (rule: Rule, env: Environment): string => fromBytes(rule.value?.render(env) ?? '');
/** Lua's truth: JSON's null is a value there. */
const present = (value: unknown): boolean => value !== undefined && value !== false;

function rename(members: Members, from: string, to: string): boolean {
  const value = members.get(from);
  if (from === to || !present(value)) return false;
  members.delete(from);
  members.set(to, value);
  return true;
}

function change(members: Members, rules: RuleSet, env: Environment): boolean {
  let changed = rules.remove.length > 0;
  for (const rule of rules.remove) members.delete(nameOf(rule));
  for (const rule of rules.rename) changed = rename(members, nameOf(rule), rendered(rule, env)) || changed;
  for (const rule of rules.replace) {
    const value = rendered(rule, env);
    if (!present(members.get(nameOf(rule)))) continue;
    members.set(nameOf(rule), value);
    changed = true;
  }
  return changed;
}

function extend(members: Members, rules: RuleSet, env: Environment): boolean {
  let changed = rules.append.length > 0;
  for (const rule of rules.add) {
    const value = rendered(rule, env);
    if (present(members.get(nameOf(rule)))) continue;
    members.set(nameOf(rule), value);
    changed = true;
  }
  for (const rule of rules.append) members.set(nameOf(rule), appendToJson(members.get(nameOf(rule)), rendered(rule, env)));
  return changed;
}

/** An array keeps its items: what is set on it by name is lost when Kong encodes it again. */
function transformArray(items: readonly unknown[], rules: RuleSet): string | null {
  const written = rules.remove.length + rules.add.length + rules.append.length > 0;
  return written ? encodeJson(items) : null;
}

/** The body to send instead, or null to leave it. @throws LuaError for a text, number, boolean or null, on which Kong fails too */
export function transformJsonBody(body: Buffer, rules: RuleSet, env: Environment): string | null {
  const decoded = decodeJson(body);
  if (!decoded && body.length > 0) return null;
  const value = decoded?.value ?? (decoded ? null : {});
  if (Array.isArray(value)) return transformArray(value, rules);
  if (typeof value !== 'object' || value === null) throw new LuaError('attempt to index a JSON body that is neither object nor array');
  const members: Members = new Map(Object.entries(value));
  const changed = body.length > 0 && change(members, rules, env);
  const extended = extend(members, rules, env);
  return changed || extended ? encodeMembers(members) : null;
}

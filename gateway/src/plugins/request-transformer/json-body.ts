/** Operations on the top level of a JSON body. */
import { decodeJson, encodeJson, encodeMembers } from '../lib/json.js';
import { appendToJson } from '../lib/json-append.js';
import type { Environment } from './lua/parser.js';
import { LuaError } from './lua/values.js';
import type { Rule, RuleSet } from './rules.js';

type Members = Map<string, unknown>;

const rendered = (rule: Rule, env: Environment): string => rule.value?.render(env) ?? '';
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
  for (const rule of rules.remove) {
    rendered(rule, env);
    members.delete(rule.name);
  }
  for (const rule of rules.rename) changed = rename(members, rule.name, rendered(rule, env)) || changed;
  for (const rule of rules.replace) {
    const value = rendered(rule, env);
    if (!present(members.get(rule.name))) continue;
    members.set(rule.name, value);
    changed = true;
  }
  return changed;
}

function extend(members: Members, rules: RuleSet, env: Environment): boolean {
  let changed = rules.append.length > 0;
  for (const rule of rules.add) {
    const value = rendered(rule, env);
    if (present(members.get(rule.name))) continue;
    members.set(rule.name, value);
    changed = true;
  }
  for (const rule of rules.append) members.set(rule.name, appendToJson(members.get(rule.name), rendered(rule, env)));
  return changed;
}

const writes = (rules: RuleSet): boolean => rules.remove.length + rules.add.length + rules.append.length > 0;

/** An array keeps its items: what is set on it by name is lost when Kong encodes it again. */
function transformArray(items: readonly unknown[], rules: RuleSet): string | null {
  return writes(rules) ? encodeJson(items) : null;
}

/**
 * The body to send instead, in bytes, or null to leave it.
 * @throws LuaError for a text, number, boolean or null, on which Kong fails too
 */
export function transformJsonBody(body: Buffer, rules: RuleSet, env: Environment): string | null {
  const decoded = decodeJson(body);
  if (!decoded && body.length > 0) return null;
  const value = decoded?.value ?? (decoded ? null : {});
  if (Array.isArray(value)) return transformArray(value, rules);
  // On a text Kong looks names up, among those of Lua's string functions, and fails only when it writes.
  if (typeof value === 'string' && !writes(rules)) return null;
  if (typeof value !== 'object' || value === null) throw new LuaError('attempt to index a JSON body that is neither object nor array');
  const members: Members = new Map(Object.entries(value));
  const changed = body.length > 0 && change(members, rules, env);
  const extended = extend(members, rules, env);
  return changed || extended ? encodeMembers(members) : null;
}

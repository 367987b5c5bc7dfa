/** Operations on decoded arguments: query strings and form bodies. */
import type { Args, ArgValue } from '../lib/args.js';
import type { Environment } from './lua/parser.js';
import type { Rule, RuleSet } from './rules.js';

const textOf = (rule: Rule, env: Environment): string => rule.value?.render(env) ?? '';

function appendTo(args: Args, name: string, value: ArgValue): void {
  const current = args.get(name);
  if (Array.isArray(current)) current.push(value);
  // A name without value is dropped when something is appended to it.
  else args.set(name, typeof current === 'string' ? [current, value] : [value]);
}

function rename(args: Args, from: string, to: string): boolean {
  const value = args.get(from);
  if (from === to || value === undefined) return false;
  args.delete(from);
  args.set(to, value);
  return true;
}

/** remove, rename and replace. True when something changed, or Kong takes it for a change. */
function change(args: Args, rules: RuleSet, env: Environment): boolean {
  let changed = rules.remove.length > 0;
  for (const rule of rules.remove) {
    textOf(rule, env);
    args.delete(rule.name);
  }
  for (const rule of rules.rename) changed = rename(args, rule.name, textOf(rule, env)) || changed;
  for (const rule of rules.replace) {
    const value = textOf(rule, env);
    if (!args.has(rule.name)) continue;
    args.set(rule.name, value);
    changed = true;
  }
  return changed;
}

/** All operations in Kong's order. `existing`: whether there is something to remove, rename or replace. @throws LuaError */
export function transformArgs(args: Args, rules: RuleSet, env: Environment, existing: boolean): boolean {
  let changed = existing && change(args, rules, env);
  for (const rule of rules.add) {
    const value = textOf(rule, env);
    if (args.has(rule.name)) continue;
    args.set(rule.name, value);
    changed = true;
  }
  for (const rule of rules.append) {
    appendTo(args, rule.name, textOf(rule, env));
    changed = true;
  }
  return changed;
}

/** Adds the arguments of a form body to those of the query. */
export function mergeArgs(query: Args, form: Args): void {
  for (const [name, value] of form) {
    const current = query.get(name);
    query.set(name, current === undefined ? value : [current, value].flat());
  }
}

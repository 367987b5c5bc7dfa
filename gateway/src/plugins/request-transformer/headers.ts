/** Header operations: remove, rename, replace, add, append (kong/plugins/request-transformer/access.lua). */
import type { HeaderList } from '../../headers.js';
import type { Exchange } from '../../plugin.js';
import { findKey, safeName, safeValue, setAll } from '../lib/header-lookup.js';
import type { Environment } from './lua/parser.js';
import type { Rule, RuleSet } from './rules.js';

const HOST = 'host';

function setHost(exchange: Exchange, value: string): void {
  const host = safeValue(value).trim();
  exchange.upstream.host = host;
  exchange.request.headers.set('Host', host);
}

function rename(exchange: Exchange, rule: Rule, target: string): void {
  const { headers } = exchange.request;
  const found = rule.key === HOST ? null : findKey(headers, rule.key);
  const name = safeName(target);
  if (found === null || name === rule.name || name === '') return;
  const values = headers.getAll(found);
  // Where the name was found under another spelling (`_` for `-`), that one stays, as in Kong.
  headers.remove(rule.key);
  if (name.toLowerCase() === HOST) setHost(exchange, values[0]!);
  else setAll(headers, name, values);
}

function replace(exchange: Exchange, rule: Rule, value: string): void {
  if (rule.key === HOST) setHost(exchange, value);
  else if (findKey(exchange.request.headers, rule.key) !== null) exchange.request.headers.set(rule.name, safeValue(value));
}

function append(exchange: Exchange, rule: Rule, value: string): void {
  if (rule.key === HOST) {
    setHost(exchange, value);
    return;
  }
  const { headers } = exchange.request;
  const found = findKey(headers, rule.key);
  if (found !== null && found !== rule.key) setAll(headers, rule.name, headers.getAll(found));
  headers.add(rule.name, safeValue(value));
}

function add(headers: HeaderList, rule: Rule, value: string): void {
  if (rule.key !== HOST && findKey(headers, rule.key) === null) headers.push(rule.name, rule.key, safeValue(value));
}

type Rendered = readonly { readonly rule: Rule; readonly value: string }[];

/** Rules that have a value, rendered; a rule without one changes nothing. */
function render(rules: readonly Rule[], env: Environment): Rendered {
  return rules.flatMap((rule) => (rule.value ? [{ rule, value: rule.value.render(env) }] : []));
}

/** For rules whose templates see the headers as the client sent them; one that fails does so in `remove` too, where it means nothing. */
function transformRendered(exchange: Exchange, rules: RuleSet, env: Environment): void {
  render(rules.remove, env);
  const renames = render(rules.rename, env);
  const replacements = render(rules.replace, env);
  const additions = render(rules.add, env);
  const appendices = render(rules.append, env);
  removeAll(exchange.request.headers, rules.remove);
  for (const { rule, value } of renames) rename(exchange, rule, value);
  for (const { rule, value } of replacements) replace(exchange, rule, value);
  for (const { rule, value } of additions) add(exchange.request.headers, rule, value);
  for (const { rule, value } of appendices) append(exchange, rule, value);
}

function removeAll(headers: HeaderList, rules: readonly Rule[]): void {
  for (const { key } of rules) if (key !== HOST) headers.remove(key);
}

/** The same without templates: nothing is allocated. */
function transformConstant(exchange: Exchange, rules: RuleSet): void {
  removeAll(exchange.request.headers, rules.remove);
  for (const rule of rules.rename) if (rule.value) rename(exchange, rule, rule.value.constant!);
  for (const rule of rules.replace) if (rule.value) replace(exchange, rule, rule.value.constant!);
  for (const rule of rules.add) if (rule.value) add(exchange.request.headers, rule, rule.value.constant!);
  for (const rule of rules.append) if (rule.value) append(exchange, rule, rule.value.constant!);
}

/** Changes the headers that go to the service. `env` null: no rule has a template. @throws LuaError */
export function transformHeaders(exchange: Exchange, rules: RuleSet, env: Environment | null): void {
  if (env) transformRendered(exchange, rules, env);
  else transformConstant(exchange, rules);
}

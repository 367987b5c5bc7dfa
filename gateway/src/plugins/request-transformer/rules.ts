/** The configured operations, compiled. */
import type { PluginEnvironment } from '../../plugin.js';
import { toBytes } from '../lib/bytes.js';
import { safeName } from '../lib/header-lookup.js';
import { splitPair } from '../lib/pairs.js';
import { knownGlobals } from './environment.js';
import { compileTemplate, type Template } from './template.js';

interface OperationLists {
  body: string[];
  headers: string[];
  querystring: string[];
}

/** Kong's schema (kong/plugins/request-transformer/schema.lua), defaults filled in. */
export interface RequestTransformerConfig {
  http_method: string | null;
  remove: OperationLists;
  rename: OperationLists;
  replace: OperationLists & { uri: string | null };
  add: OperationLists;
  append: OperationLists;
}

export const operations = ['remove', 'rename', 'replace', 'add', 'append'] as const;
type Operation = (typeof operations)[number];

export interface Rule {
  /** As configured, in bytes. */
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  /** Null when nothing is configured behind the colon. */
  readonly value: Template | null;
}

export type RuleSet = Readonly<Record<Operation, readonly Rule[]>>;

function rulesOf(config: RequestTransformerConfig, operation: Operation, part: keyof OperationLists): Rule[] {
  const [entries, ofHeaders] = [config[operation][part], part === 'headers'];
  // Kong compiles templates of headers, and those of `remove`, only when the first request needs them.
  const whenBroken = ofHeaders || operation === 'remove' ? 'fail' : 'refuse';
  return entries.flatMap((entry, i) => {
    const pair = splitPair(entry);
    if (!pair) return [];
    const name = ofHeaders ? safeName(pair.name) : pair.name;
    const value = pair.value === null ? null : compileTemplate(pair.value, `config.${operation}.${part}[${i}]`, whenBroken);
    return [{ name, key: name.toLowerCase(), value }];
  });
}

/** The rules of one part of the request. @throws ConfigError */
export function ruleSet(config: RequestTransformerConfig, part: keyof OperationLists): RuleSet {
  const set = operations.map((operation) => [operation, rulesOf(config, operation, part)]);
  return Object.fromEntries(set) as RuleSet;
}

export function isEmpty(rules: RuleSet): boolean {
  return operations.every((operation) => rules[operation].length === 0);
}

/** The template of `replace.uri`, or null. */
export function uriTemplate(config: RequestTransformerConfig): Template | null {
  const { uri } = config.replace;
  return uri ? compileTemplate(toBytes(uri), 'config.replace.uri', 'fail') : null;
}

function templatesOf(rules: RuleSet): Template[] {
  return operations.flatMap((operation) => rules[operation].flatMap((rule) => rule.value ?? []));
}

/** Whether any of these has something to evaluate. */
export function isDynamic(...sets: readonly RuleSet[]): boolean {
  return sets.flatMap(templatesOf).some((template) => template.constant === null);
}

/** Says which names in templates mean nothing: Kong's sandbox has no Lua library unless its operator adds it. */
export function warnOfUnknownNames(sets: readonly RuleSet[], uri: Template | null, environment: PluginEnvironment): void {
  const templates = [...sets.flatMap(templatesOf), ...(uri ? [uri] : [])];
  const unknown = new Set(templates.flatMap((template) => [...template.globals].filter((name) => !knownGlobals.has(name))));
  for (const name of unknown) {
    environment.log(
      'warn',
      `request-transformer: "${name}" in a template is nil, as in Kong's sandbox without untrusted_lua_sandbox_environment`,
    );
  }
}

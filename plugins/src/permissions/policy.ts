/** May they: the first rule that is about a request says who passes. Silence denies. */
import {
  type Decision,
  deny,
  type Facts,
  type Identity,
  type MaybePromise,
  type Needs,
  PASS,
  PathPattern,
  type PolicyInstance,
  type RequestContext,
  splitPath,
  strictJson,
  valueAt,
} from '@gatehouse/policy';
import type { Condition, Config, Rule } from './schema.js';

const MISSING = Object.freeze(deny('token_missing'));
const FORBIDDEN = Object.freeze(deny('forbidden'));
const SCOPE = Object.freeze(deny('scope_missing'));
const NO_SEGMENTS: readonly string[] = [];

/** How far a condition is met. `scope`: all but a scope. */
type Match = 'yes' | 'scope' | 'no';

interface Choice {
  readonly any: readonly string[];
  readonly all: readonly string[];
}

interface CompiledRule {
  /** Null = every method. */
  readonly methods: ReadonlySet<string> | null;
  readonly patterns: readonly PathPattern[];
  readonly allow: readonly Condition[];
  /** Whether a condition is about the body. */
  readonly readsBody: boolean;
}

/** The rule that is about a request, and how it fits. */
interface Fit {
  readonly rule: CompiledRule;
  readonly pattern: PathPattern | null;
  readonly segments: readonly string[];
}

/** The JSON object of a request's body; null for none. */
type Body = Readonly<Record<string, unknown>> | null;

const names = (choice: Choice | undefined): boolean => choice !== undefined && choice.any.length + choice.all.length > 0;

/** Whether a condition says anything at all. */
function namesSomething(condition: Condition): boolean {
  const { roles, permissions, scopes, plans } = condition;
  const lists = names(roles) || names(permissions) || names(scopes) || plans.length > 0;
  return lists || condition.public || condition.authenticated || condition.via !== undefined || condition.owner !== undefined;
}

function compile(rule: Rule): CompiledRule {
  return {
    methods: rule.methods.length === 0 ? null : new Set(rule.methods),
    patterns: rule.paths.map((path) => new PathPattern(path)),
    allow: rule.allow.filter(namesSomething),
    readsBody: rule.allow.some((condition) => condition.body !== undefined),
  };
}

function holds(choice: Choice | undefined, has: readonly string[]): boolean {
  if (choice === undefined) return true;
  for (const wanted of choice.all) if (!has.includes(wanted)) return false;
  return choice.any.length === 0 || choice.any.some((wanted) => has.includes(wanted));
}

const claimAt = (identity: Identity, path: string): unknown => (path === 'subject' ? identity.subject : valueAt(identity.claims, path));

function equals(claim: unknown, text: string): boolean {
  if (Array.isArray(claim)) return claim.some((item) => !Array.isArray(item) && equals(item, text));
  return typeof claim === 'string' ? claim === text : typeof claim === 'number' && String(claim) === text;
}

function owns(condition: Condition, identity: Identity, { pattern, segments }: Fit, facts: Facts): boolean {
  if (condition.owner === undefined) return true;
  const { param, claim } = condition.owner;
  const value = pattern?.parameter(param, segments) ?? facts.capture(param);
  return value !== undefined && value !== '' && equals(claimAt(identity, claim), value);
}

/** Whether the body says what it must; a member that is no text says nothing. */
function says({ body: wanted }: Condition, body: Body): boolean {
  if (wanted === undefined) return true;
  const value = body === null ? undefined : valueAt(body, wanted.field);
  return typeof value === 'string' && wanted.in.includes(value);
}

function meets(condition: Condition, identity: Identity): Match {
  if (condition.via !== undefined && condition.via !== identity.via) return 'no';
  if (!holds(condition.roles, identity.roles) || !holds(condition.permissions, identity.permissions)) return 'no';
  if (condition.plans.length > 0 && !condition.plans.includes(identity.plan ?? '')) return 'no';
  return holds(condition.scopes, identity.scopes) ? 'yes' : 'scope';
}

/** What somebody unknown is told: that a token is needed, or what was wrong with the one that was sent. */
function unknown({ credentialFault }: RequestContext): Decision {
  return credentialFault === null ? MISSING : deny(credentialFault);
}

function judge(fit: Fit, facts: Facts, context: RequestContext, body: Body): Decision {
  const { identity } = context;
  let scopeOnly = false;
  for (const condition of fit.rule.allow) {
    if (!says(condition, body)) continue;
    if (condition.public) return PASS;
    if (identity === null) continue;
    const match = meets(condition, identity);
    if (match === 'no' || !owns(condition, identity, fit, facts)) continue;
    if (match === 'yes') return PASS;
    scopeOnly = true;
  }
  if (identity === null) return unknown(context);
  return scopeOnly ? SCOPE : FORBIDDEN;
}

/** The first rule that is about a request. */
function fitting(rules: readonly CompiledRule[], hasPaths: boolean, facts: Facts): Fit | null {
  const method = facts.method === 'HEAD' ? 'GET' : facts.method;
  const segments = hasPaths ? splitPath(facts.path) : NO_SEGMENTS;
  for (const rule of rules) {
    if (rule.methods !== null && !rule.methods.has(method)) continue;
    if (rule.patterns.length === 0) return { rule, pattern: null, segments };
    const pattern = rule.patterns.find((candidate) => candidate.matches(segments));
    if (pattern) return { rule, pattern, segments };
  }
  return null;
}

/** What the rules will ask facts for. */
export function needs(config: Config): Needs {
  const conditions = config.rules.flatMap((rule) => rule.allow);
  return {
    captures: conditions.some((condition) => condition.owner !== undefined),
    ...(conditions.some((condition) => condition.body !== undefined) ? { body: config.max_body_bytes } : {}),
  };
}

/** The rules, ready to judge; no effects. */
export function create(config: Config): PolicyInstance {
  const rules = config.rules.map(compile);
  const hasPaths = rules.some((rule) => rule.patterns.length > 0);
  return {
    decide(facts, context): MaybePromise<Decision> {
      const fit = fitting(rules, hasPaths, facts);
      if (fit === null) return context.identity === null ? unknown(context) : FORBIDDEN;
      // Nobody's body is read before somebody is signed in.
      if (!fit.rule.readsBody || context.identity === null || !facts.hasBody) return judge(fit, facts, context, null);
      return facts.body(config.max_body_bytes).then((bytes) => judge(fit, facts, context, strictJson(bytes)));
    },
  };
}

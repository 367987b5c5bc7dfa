/** Refuses what no service should see. Says which rule hit, never changes anything. */
import {
  type Decision,
  type Deny,
  deny,
  eachParameter,
  type Facts,
  type MaybePromise,
  type Needs,
  PASS,
  type PolicyInstance,
} from '@gatehouse/policy';
import type { Config } from './schema.js';

/** The checks behind the policy; pure functions of their arguments. */
export interface Checks {
  climbs(text: string): boolean;
  hasNul(text: string): boolean;
  /** How to treat a body by its Content-Type (undefined = none): not at all, refuse it, or read and judge it. */
  bodyPlan(contentType: string | undefined): BodyPlan;
}

export type BodyPlan =
  | { readonly kind: 'refuse'; readonly rule: string }
  | { readonly kind: 'unread' }
  | { readonly kind: 'read'; judge(bytes: Uint8Array): string | null };

const TOO_LARGE = Object.freeze(deny('payload_too_large'));
const denials = new Map<string, Deny>();

/** One denial per rule, made once. */
function refuse(rule: string): Deny {
  const known = denials.get(rule);
  if (known) return known;
  const made = Object.freeze(deny('request_refused', { message: `Request refused: ${rule}`, details: { rule } }));
  denials.set(rule, made);
  return made;
}

function urlFault(facts: Facts, config: Config['url'], checks: Checks): string | null {
  const { rawPath, rawQuery } = facts;
  if (rawPath.length + rawQuery.length + 1 > config.max_length) return 'url-length';
  if (checks.hasNul(rawPath) || (rawQuery !== '' && checks.hasNul(rawQuery))) return 'nul-byte';
  if (config.traversal && checks.climbs(rawPath)) return 'path-traversal';
  return config.traversal_in_query && queryClimbs(rawQuery, checks) ? 'path-traversal' : null;
}

function queryClimbs(rawQuery: string, checks: Checks): boolean {
  let found = false;
  eachParameter(rawQuery, (_name, value) => {
    found = checks.climbs(value);
    return !found;
  });
  return found;
}

function headerFault(facts: Facts, config: Config['headers']): string | null {
  const { lines, total, longest } = facts.headerSize();
  if (lines > config.max_count) return 'header-count';
  return longest > config.max_length || total > config.max_total ? 'header-length' : null;
}

/** What to do about the body: a denial, nothing (null), or a promise of either. */
function judgeBody(facts: Facts, config: Config['body'], checks: Checks): MaybePromise<Decision> {
  const { contentLength } = facts;
  if (contentLength !== null && contentLength > config.max_bytes) return TOO_LARGE;
  if (contentLength === 0) return PASS;
  const types = facts.headerValues('content-type');
  if (types.length > 1) return refuse('content-type');
  const plan = checks.bodyPlan(types[0]);
  if (plan.kind === 'refuse') return refuse(plan.rule);
  if (!config.inspect || plan.kind === 'unread') {
    return contentLength === null && config.measure ? measured(facts, config.max_bytes) : PASS;
  }
  const encodings = facts.headerValues('content-encoding');
  if (encodings.some((encoding) => encoding.toLowerCase() !== 'identity')) return refuse('content-encoding');
  return read(facts, Math.min(config.max_bytes, config.max_inspected_bytes), plan.judge);
}

/** A chunked body tells its size only at its end; the facts reject past the limit, which is 413. */
async function measured(facts: Facts, limit: number): Promise<Decision> {
  await facts.bodySize(limit);
  return PASS;
}

async function read(facts: Facts, limit: number, judge: (bytes: Uint8Array) => string | null): Promise<Decision> {
  if (facts.contentLength !== null && facts.contentLength > limit) return TOO_LARGE;
  const bytes = await facts.body(limit);
  const rule = bytes.length === 0 ? null : judge(bytes);
  return rule === null ? PASS : refuse(rule);
}

/** What the checks will ask facts for. */
export function needs(config: Config): Needs {
  const { inspect, measure, max_bytes, max_inspected_bytes } = config.body;
  const body = inspect ? { body: Math.min(max_bytes, max_inspected_bytes) } : {};
  return { headers: ['content-type', 'content-encoding'], headerSize: true, ...(inspect || measure ? { bodySize: true } : {}), ...body };
}

/** The checks in the order of their price. */
export function create(config: Config, checks: Checks): PolicyInstance {
  return {
    decide(facts) {
      const fault = urlFault(facts, config.url, checks) ?? headerFault(facts, config.headers);
      if (fault !== null) return refuse(fault);
      return facts.hasBody ? judgeBody(facts, config.body, checks) : PASS;
    },
  };
}

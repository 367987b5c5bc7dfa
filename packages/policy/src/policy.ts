/** The contract between policies and the planes that run them. */
import type { z } from 'zod';
import type { Decision, Pass } from './decision.js';
import type { Facts, Needs } from './facts.js';
import type { RequestContext } from './identity.js';
import type { HeadOutcome, Outcome } from './outcome.js';

export type MaybePromise<T> = T | Promise<T>;

/** A policy with its configuration and effects, shared by all requests of a route. `now` is Unix milliseconds. */
export interface PolicyInstance {
  /** Judges one request. A throw, a rejection or no answer within the deadline is 503. Synchronous where it can be. */
  decide(facts: Facts, context: RequestContext, now: number): MaybePromise<Decision>;
  /** For identity policies: whether the request's credential is known good, from memory alone. */
  recognise?(facts: Facts, now: number): boolean;
  /** For identity policies: whether the request carries a credential of its kind at all; left out: it may. */
  presents?(facts: Facts): boolean;
  /**
   * Told how the chain ended, when this policy let the request pass: to give back what it took (a claimed key, a count).
   * `verdict` is the pass, or what a later policy said instead; a decision returned here replaces a denial
   * (a 401 too many becomes 429). Runs before the request goes on; latest policy first.
   */
  settle?(facts: Facts, context: RequestContext, verdict: Decision, now: number): MaybePromise<Decision | undefined>;
  /**
   * What this policy has to say on every answer to a request, whoever refused it before its turn came: only headers for the client
   * are taken. Cheap, and without effects.
   */
  notice?(facts: Facts, now: number): Pass;
  /** Told when the answer's headers are there; also for requests that this policy never saw because an earlier one denied. */
  answered?(facts: Facts, context: RequestContext, head: HeadOutcome, now: number): void;
  /** Told when the request is over; as above. */
  outcome?(facts: Facts, context: RequestContext, outcome: Outcome, now: number): void;
  /** Ends timers and leases when the configuration is replaced. */
  close?(): void;
}

/** A policy: what Kong calls a plugin. */
export interface Policy<Config = unknown, Effects = unknown> {
  /** Never the name of a bundled Kong plugin. */
  readonly name: string;
  /** x.y.z, as Kong wants it. */
  readonly version: string;
  /** Integer; higher runs earlier, between Kong's own. */
  readonly priority: number;
  /** One sentence, for generated documents. */
  readonly summary: string;
  /** Strict object of fields in snake_case; the one source of type, Kong schema, JSON Schema and README table. */
  readonly schema: z.ZodType<Config>;
  /** How long one decision may take, in milliseconds. */
  readonly deadlineMs: number;
  needs(config: Config): Needs;
  /**
   * @param config parsed by `schema`
   * @throws ConfigError naming the field, for what only effects can tell (a secret that is not there)
   */
  create(config: Config, effects: Effects): PolicyInstance;
}

/** Checks a policy's type where it is written; returns it unchanged. */
export function definePolicy<Config, Effects>(policy: Policy<Config, Effects>): Policy<Config, Effects> {
  return policy;
}

/** One thing wrong with a policy's configuration. */
export interface ConfigFault {
  /** Such as `rules[0].methods`; empty when it is the whole configuration's. */
  readonly path: string;
  readonly message: string;
}

/** A configuration that a policy can't run with. */
export class ConfigError extends Error {
  readonly code = 'POLICY_CONFIG';
  constructor(
    readonly policy: string,
    readonly faults: readonly ConfigFault[],
  ) {
    super(faults.map((fault) => `${policy}: ${fault.path === '' ? '' : `${fault.path}: `}${fault.message}`).join('\n'));
    this.name = 'ConfigError';
  }
}

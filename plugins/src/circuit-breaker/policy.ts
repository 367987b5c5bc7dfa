/** Whether the service is asked at all: not while it fails. */
import {
  type BaseEffects,
  type Decision,
  deny,
  type Facts,
  type HeadOutcome,
  type MaybePromise,
  type Needs,
  PASS,
  type PolicyInstance,
  type RequestContext,
} from '@gatehouse/policy';
import type { Admission, Admitted, ServiceBreaker } from './breaker.js';
import type { Config } from './schema.js';

/** The breakers of the process. */
export interface Breakers {
  /** The breaker of a service, made when it is first asked for. */
  of(system: string, service: string): ServiceBreaker;
  counted(system: string, service: string, what: 'request' | 'failure' | 'rejection'): void;
}

/** What the policy uses of the world. */
export interface CircuitBreakerEffects extends Pick<BaseEffects, 'now'> {
  readonly breakers: Breakers;
}

/** What one request has to tell, and to whom. */
interface Note {
  readonly breaker: ServiceBreaker;
  readonly admission: Admission;
  readonly service: string;
}

const NOTE = 'circuit-breaker';

/** Outcomes are told when the head is there; the end is heard of too, for requests that had none. */
export const needs = (): Needs => ({ outcome: 'end' });

class CircuitBreakerPolicy implements PolicyInstance {
  constructor(
    private readonly config: Config,
    private readonly effects: CircuitBreakerEffects,
  ) {}

  decide(facts: Facts, context: RequestContext, now: number): MaybePromise<Decision> {
    const service = this.config.service ?? facts.service;
    if (service === null) return PASS;
    const breaker = this.effects.breakers.of(this.systemOf(facts), service);
    const admitted = breaker.admit(facts.requestId, now);
    if (!(admitted instanceof Promise)) return this.judge(admitted, breaker, service, facts, context);
    return admitted.then((late) => this.judge(late, breaker, service, facts, context));
  }

  settle(_facts: Facts, context: RequestContext, verdict: Decision): undefined {
    if (verdict.kind !== 'pass') this.abandon(context);
  }

  answered(facts: Facts, context: RequestContext, head: HeadOutcome, now: number): void {
    const note = this.taken(context);
    if (note === undefined) return;
    const failed = head.failure !== null || (head.source === 'service' && head.status >= 500);
    if (head.failure === null && head.source !== 'service') return note.breaker.abandon(note.admission);
    if (failed) this.effects.breakers.counted(this.systemOf(facts), note.service, 'failure');
    note.breaker.conclude(note.admission, failed, now);
  }

  outcome(_facts: Facts, context: RequestContext): void {
    this.abandon(context);
  }

  private judge(admitted: Admitted, breaker: ServiceBreaker, service: string, facts: Facts, context: RequestContext): Decision {
    const { breakers } = this.effects;
    breakers.counted(this.systemOf(facts), service, 'request');
    if ('generation' in admitted) {
      context.note(NOTE, { breaker, admission: admitted, service } satisfies Note);
      return PASS;
    }
    breakers.counted(this.systemOf(facts), service, 'rejection');
    const message = this.config.message === undefined ? {} : { message: this.config.message };
    return deny('circuit_open', { retryAfter: Math.max(1, Math.ceil(admitted.retryMs / 1000)), ...message });
  }

  private abandon(context: RequestContext): void {
    const note = this.taken(context);
    note?.breaker.abandon(note.admission);
  }

  private taken(context: RequestContext): Note | undefined {
    const note = context.recall(NOTE) as Note | undefined;
    context.forget(NOTE);
    return note;
  }

  private systemOf(facts: Facts): string {
    return this.config.system ?? facts.system;
  }
}

/** The policy over the process's breakers. */
export function create(config: Config, effects: CircuitBreakerEffects): PolicyInstance {
  return new CircuitBreakerPolicy(config, effects);
}

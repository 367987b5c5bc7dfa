/** Is it signed, by whom it should be, and for the first time. */
import {
  type BaseEffects,
  type Decision,
  type Deny,
  deny,
  type Facts,
  type Needs,
  PASS,
  type PolicyInstance,
  type ReplayStore,
  type RequestContext,
} from '@gatehouse/policy';
import type { Config } from './schema.js';

/** A signature that holds. */
export interface Verified {
  /** What makes the event or request the same as another one. */
  readonly replayKey: string;
  /**
   * What a repeat gets. `event`: 200 once the service took it, 409 while it is on its way.
   * `request`: it is refused, whatever became of the first.
   */
  readonly repeat: 'event' | 'request';
}

/** One way of signing, with its keys. */
export interface Scheme {
  /** Lower-case names of the headers that it reads. */
  readonly headers: readonly string[];
  /** Whether the request claims to be signed. */
  present(facts: Facts): boolean;
  /** Null when the signature does not hold. Compares in constant time. `now`: Unix milliseconds. */
  verify(facts: Facts, body: Uint8Array, now: number): Verified | null;
}

export interface SignatureEffects extends Pick<BaseEffects, 'log' | 'now'> {
  readonly replay: ReplayStore;
}

/** What this request holds in the replay store. */
interface Claim {
  readonly key: string;
  readonly event: boolean;
}

const NOTE = 'signature';
const INVALID = Object.freeze(deny('signature_invalid'));
const REPLAYED = Object.freeze(deny('signature_invalid', { message: 'Signature was used before' }));
const DELIVERED: Decision = Object.freeze({
  kind: 'answer',
  status: 200,
  headers: [['Content-Type', 'application/json; charset=utf-8']] as const,
  body: '{"received":true}',
});
const UNKNOWN: Deny = Object.freeze(deny('undecided', { retryAfter: 5 }));

function repeated(claim: Claim, state: 'pending' | 'done'): Decision {
  if (!claim.event) return REPLAYED;
  return state === 'done' ? DELIVERED : deny('conflict', { message: 'The event is being delivered', retryAfter: 5 });
}

/** What the scheme will ask facts for. */
export function needs(config: Config, headers: readonly string[]): Needs {
  return { headers, body: config.max_body_bytes, outcome: 'head' };
}

class SignaturePolicy implements PolicyInstance {
  private readonly pendingMs: number;
  private readonly deliveredMs: number;
  private readonly onceMs: number;

  constructor(
    private readonly config: Config,
    private readonly scheme: Scheme,
    private readonly effects: SignatureEffects,
  ) {
    this.pendingMs = config.replay.pending_seconds * 1000;
    this.deliveredMs = config.replay.delivered_seconds * 1000;
    // A signed time is good from one tolerance before the gateway's to one after it.
    this.onceMs = config.tolerance_seconds * 2000;
  }

  decide(facts: Facts, context: RequestContext, now: number): Decision | Promise<Decision> {
    if (this.scheme.present(facts)) return this.check(facts, context, now);
    return this.config.optional ? PASS : INVALID;
  }

  settle(facts: Facts, context: RequestContext, verdict: Decision): undefined {
    if (verdict.kind !== 'pass') this.release(facts, context);
  }

  answered(facts: Facts, context: RequestContext, head: { status: number; source: string }): void {
    this.conclude(facts, context, head.source === 'service' && head.status >= 200 && head.status < 300);
  }

  private async check(facts: Facts, context: RequestContext, now: number): Promise<Decision> {
    const body = facts.hasBody ? await facts.body(this.config.max_body_bytes) : new Uint8Array();
    const verified = this.scheme.verify(facts, body, now);
    if (verified === null) return INVALID;
    const event = verified.repeat === 'event';
    const claim: Claim = { key: `${facts.system}:${this.config.scheme}:${verified.replayKey}`, event };
    try {
      const state = await this.effects.replay.claim(claim.key, facts.requestId, event ? this.pendingMs : this.onceMs);
      if (state !== 'new') return repeated(claim, state);
    } catch (error) {
      this.effects.log('error', 'no replay store: a signed request was refused', { error: String(error), requestId: facts.requestId });
      return UNKNOWN;
    }
    context.note(NOTE, claim);
    return PASS;
  }

  /** The request never came to the service: what it used may be used again. */
  private release(facts: Facts, context: RequestContext): void {
    const claim = this.taken(context);
    if (claim) this.tell(this.effects.replay.release(claim.key, facts.requestId), facts);
  }

  /** The service took an event, or it may come again. A signed request stays used: its signature is good once. */
  private conclude(facts: Facts, context: RequestContext, delivered: boolean): void {
    const claim = this.taken(context);
    if (!claim?.event) return;
    const { replay } = this.effects;
    const { requestId } = facts;
    this.tell(delivered ? replay.confirm(claim.key, requestId, this.deliveredMs) : replay.release(claim.key, requestId), facts);
  }

  private taken(context: RequestContext): Claim | undefined {
    const claim = context.recall(NOTE) as Claim | undefined;
    context.forget(NOTE);
    return claim;
  }

  private tell(told: Promise<void>, facts: Facts): void {
    told.catch((error) =>
      this.effects.log('error', 'what became of a signed request could not be kept', { error: String(error), requestId: facts.requestId }),
    );
  }
}

/** The scheme with its replay rules. */
export function create(config: Config, scheme: Scheme, effects: SignatureEffects): PolicyInstance {
  return new SignaturePolicy(config, scheme, effects);
}

/** How often: counts a request in all windows that are about it, in one step, and refuses the one that is too many. */
import {
  type BaseEffects,
  type Decision,
  type Deny,
  deny,
  errorCodes,
  type Facts,
  type HeadOutcome,
  type LimitAsk,
  type LimitReply,
  type LimitStore,
  type MaybePromise,
  type Needs,
  PASS,
  type PolicyInstance,
  type RequestContext,
} from '@gatehouse/policy';
import type { Denials } from './denials.js';
import { limitHeaders, type Standing, type Told, tighter } from './headers.js';
import { type BodyFields, bodyFields, NO_BODY } from './parts.js';
import { type Plan, Planner } from './plan.js';
import type { Config } from './schema.js';
import { Window } from './window.js';

/** What the instances of one system share. */
export interface LimitState {
  readonly shared: LimitStore;
  /** The same as `shared` where there is no Redis. */
  readonly local: LimitStore;
  readonly denials: Denials;
  /** Redis did not count a request, and why. */
  degraded(error: unknown): void;
  /** Redis counted one. */
  fine(): void;
  /** A window refused somebody. */
  refused(window: string): void;
}

/** What the policy uses of the world. */
export interface RateLimitEffects extends Pick<BaseEffects, 'now' | 'log'> {
  stateOf(system: string): LimitState;
}

/** What is counted now and perhaps given back when the service has answered. */
interface Taken {
  readonly asks: readonly LimitAsk[];
  readonly at: number;
  readonly store: LimitStore;
}

/** A window from which requests may be given back can change at any time: its refusals are not believed for long. */
const CHANGEABLE_MS = 1000;
const TOLD = 'rate-limit:told';
const NOT_COUNTED: Deny = Object.freeze(deny('undecided', { retryAfter: 1 }));
const NEVER_ASKED = new Set(['refused', 'unresolved', 'no-target']);

/** What the windows will ask facts for. */
export function needs(config: Config): Needs {
  const parts = config.windows.flatMap((window) => window.by);
  const named = (kind: string): string[] => parts.filter((part) => part.startsWith(`${kind}:`)).map((part) => part.slice(kind.length + 1));
  const body = named('body').length > 0;
  return {
    headers: [...named('header').map((name) => name.toLowerCase()), ...(body ? ['content-type'] : [])],
    captures: named('capture').length > 0,
    ...(body ? { body: config.max_body_bytes } : {}),
    ...(config.windows.some((window) => window.failures_only) ? { outcome: 'head' as const } : {}),
  };
}

class RateLimit implements PolicyInstance {
  private readonly planner: Planner;
  private readonly policyTexts = new Map<number, string>();
  private readonly windows: readonly Window[];
  private readonly deferredNote: string;
  private readonly takenNote: string;

  constructor(
    private readonly config: Config,
    private readonly effects: RateLimitEffects,
    name: string,
    early: boolean,
  ) {
    this.windows = config.windows.map((window, i) => new Window(window, 1 << i, config));
    this.planner = new Planner(this.windows, early);
    this.deferredNote = `${name}:deferred`;
    this.takenNote = `${name}:taken`;
  }

  decide(facts: Facts, context: RequestContext, now: number): MaybePromise<Decision> {
    if (!this.planner.wantsBody(facts, context)) return this.judge(facts, context, NO_BODY, now);
    return facts.body(this.config.max_body_bytes).then((bytes) => {
      return this.judge(facts, context, bodyFields(bytes, facts.header('content-type')), this.effects.now());
    });
  }

  settle(facts: Facts, context: RequestContext, verdict: Decision, now: number): MaybePromise<Decision | undefined> {
    if (verdict.kind !== 'pass') this.giveBack(context, now);
    const deferred = context.recall(this.deferredNote) as Plan | undefined;
    if (deferred === undefined) return undefined;
    context.forget(this.deferredNote);
    if (context.identity !== null || !counts(verdict)) return undefined;
    const asks = deferred.asks.filter(({ cost }) => cost === 0).map((ask): LimitAsk => ({ ...ask, cost: 1 }));
    const windows = deferred.windows.filter((_, i) => deferred.asks[i]!.cost === 0);
    const set = windows.reduce((bits, window) => bits | window.bit, 0);
    const plan: Plan = { windows, asks, set, remembered: null };
    const said = this.take(plan, facts, context, now);
    return said instanceof Promise ? said.then((late) => settled(late, verdict)) : settled(said, verdict);
  }

  answered(_facts: Facts, context: RequestContext, head: HeadOutcome, now: number): void {
    const good = head.source === 'service' && head.status < 400;
    if (good || (head.failure !== null && NEVER_ASKED.has(head.failure))) this.giveBack(context, now);
  }

  private judge(facts: Facts, context: RequestContext, body: BodyFields, now: number): MaybePromise<Decision> {
    const state = this.stateOf(facts);
    const plan = this.planner.plan(facts, context, body, state.denials, state.shared === state.local, now);
    if (plan.asks.length === 0) return PASS;
    if (plan.remembered) {
      const { window, leftMs } = plan.remembered;
      return this.refuse({ window, remaining: 0, resetMs: leftMs }, plan, context, state, now);
    }
    return this.take(plan, facts, context, now);
  }

  private take(plan: Plan, facts: Facts, context: RequestContext, now: number): MaybePromise<Decision> {
    const state = this.stateOf(facts);
    const reply = state.shared.take(plan.asks);
    if (!(reply instanceof Promise)) return this.told(plan, reply, state.shared, context, state, now);
    return reply.then(
      (late) => {
        state.fine();
        return this.told(plan, late, state.shared, context, state, now);
      },
      (error) => this.without(error, plan, context, state, now),
    );
  }

  /** Redis did not count: by the route's rule this node counts alone, or nobody passes, or everybody. */
  private without(error: unknown, plan: Plan, context: RequestContext, state: LimitState, now: number): MaybePromise<Decision> {
    state.degraded(error);
    if (this.config.redis_down === 'open') return PASS;
    if (this.config.redis_down === 'closed') return NOT_COUNTED;
    const asks = plan.asks.map((ask, i): LimitAsk => ({ ...ask, window: plan.windows[i]!.local }));
    const local: Plan = { ...plan, asks };
    const reply = state.local.take(asks);
    if (reply instanceof Promise) return reply.then((late) => this.told(local, late, state.local, context, state, now));
    return this.told(local, reply, state.local, context, state, now);
  }

  /** @param now when the counters were asked: what they said is no younger than that */
  private told(plan: Plan, reply: LimitReply, store: LimitStore, context: RequestContext, state: LimitState, now: number): Decision {
    let tightest: Standing | null = null;
    let refused: Standing | null = null;
    let deferred = false;
    let failuresOnly = false;
    for (let i = 0; i < plan.windows.length; i++) {
      const window = plan.windows[i]!;
      const remaining = reply[2 * i]!;
      const standing: Standing = { window, remaining: Math.max(0, remaining), resetMs: reply[2 * i + 1]! };
      if (remaining < 0) {
        if (store === state.shared) this.remember(plan.asks[i]!, standing, state, now);
        if (refused === null || standing.resetMs > refused.resetMs) refused = standing;
      }
      if (window.failuresOnly) failuresOnly = true;
      if (plan.asks[i]!.cost === 0) deferred = true;
      else tightest = tightest === null ? standing : tighter(tightest, standing);
    }
    if (refused !== null) return this.refuse(refused, plan, context, state, now);
    if (deferred) context.note(this.deferredNote, plan);
    if (failuresOnly) this.noteTaken(plan, store, context, now);
    if (tightest === null || !this.config.headers) return PASS;
    return { kind: 'pass', responseHeaders: this.tell(tightest, plan, context, now) };
  }

  private remember(ask: LimitAsk, { window, resetMs }: Standing, state: LimitState, now: number): void {
    state.denials.remember(ask.window.id + ask.subject, now + (window.failuresOnly ? Math.min(resetMs, CHANGEABLE_MS) : resetMs));
  }

  private refuse(standing: Standing, plan: Plan, context: RequestContext, state: LimitState, now: number): Deny {
    const { window, resetMs } = standing;
    state.refused(window.config.name);
    const retryAfter = Math.max(1, Math.ceil(resetMs / 1000));
    const message = window.message === undefined ? {} : { message: window.message };
    const headers = this.config.headers ? { headers: this.tell(standing, plan, context, now) } : {};
    return deny('rate_limited', { retryAfter, ...message, ...headers });
  }

  /** The headers, of this stage and of the one before it. */
  private tell(own: Standing, plan: Plan, context: RequestContext, now: number): ReturnType<typeof limitHeaders> {
    const earlier = context.recall(TOLD) as Told | undefined;
    const policies = this.policiesOf(plan);
    const told: Told = earlier
      ? { standing: tighter(own, earlier.standing), policies: `${earlier.policies}, ${policies}` }
      : { standing: own, policies };
    context.note(TOLD, told);
    return limitHeaders(told, now);
  }

  private policiesOf(plan: Plan): string {
    const known = this.policyTexts.get(plan.set);
    if (known !== undefined) return known;
    const made = plan.windows.map((window) => window.policyText).join(', ');
    // As many as there are sets of windows that some request is in; no more than a hostile one could make.
    if (this.policyTexts.size < 1000) this.policyTexts.set(plan.set, made);
    return made;
  }

  private noteTaken(plan: Plan, store: LimitStore, context: RequestContext, at: number): void {
    const asks = plan.asks.filter(({ cost }, i) => cost === 1 && plan.windows[i]!.failuresOnly);
    if (asks.length > 0) context.note(this.takenNote, { asks, at, store } satisfies Taken);
  }

  private giveBack(context: RequestContext, now: number): void {
    const taken = context.recall(this.takenNote) as Taken | undefined;
    if (taken === undefined) return;
    context.forget(this.takenNote);
    const given = taken.store.giveBack(taken.asks, Math.max(0, now - taken.at));
    if (given instanceof Promise) {
      given.catch((error) => this.effects.log('warn', 'a count could not be given back', { error: String(error) }));
    }
  }

  private stateOf(facts: Facts): LimitState {
    return this.effects.stateOf(this.config.system ?? facts.system);
  }
}

/** Whether a request that turned out to be nobody's counts: what passes or is answered, and a 401. */
function counts(verdict: Decision): boolean {
  return verdict.kind !== 'deny' || (verdict.status ?? errorCodes[verdict.code].status) === 401;
}

/** What a late count makes of the verdict: a refusal takes its place, else a refusal for other reasons gets the headers. */
function settled(said: Decision, verdict: Decision): Decision | undefined {
  if (said.kind !== 'pass') return said;
  if (verdict.kind !== 'deny' || said.responseHeaders === undefined) return undefined;
  return { ...verdict, headers: [...(verdict.headers ?? []), ...said.responseHeaders] };
}

/**
 * The windows, ready to count.
 * @param name of the policy
 * @param early whether it stands before authentication
 */
export function create(config: Config, effects: RateLimitEffects, name: string, early: boolean): PolicyInstance {
  return new RateLimit(config, effects, name, early);
}

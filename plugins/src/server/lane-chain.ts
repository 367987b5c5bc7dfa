/** The policies of a route under Kong, ready to judge what the Lua tells of a request. */
import { type MaybePromise, RequestContext } from '@gatehouse/policy';
import type { Chain, Verdict } from '../chain.js';
import { type DecisionText, decisionText, type Track, trackOf } from './decision-text.js';
import { headerPlaces, LaneFacts, needsText } from './lane-facts.js';
import type { PendingRequests } from './pending.js';

/** Longest time that the Lua waits for a decision, and shortest: milliseconds. */
const TIMEOUT_MAX_MS = 2000;
const TIMEOUT_MIN_MS = 1000;

export interface LaneChainOptions {
  readonly chain: Chain;
  /** Null = as the facts say. */
  readonly system: string | null;
  readonly pending: PendingRequests;
  /** Unix milliseconds. */
  now(): number;
}

export class LaneChain {
  /** What the Lua is to tell of a request. */
  readonly needs: string;
  /** How long the Lua should wait, in milliseconds. */
  readonly timeoutMs: number;
  /** Unix milliseconds of the last use. */
  usedAt: number;
  private readonly places: ReadonlyMap<string, number>;
  private readonly track: Track;

  constructor(private readonly options: LaneChainOptions) {
    const { needs, links } = options.chain;
    this.needs = needsText(needs);
    this.places = headerPlaces(needs);
    this.track = trackOf(needs);
    // A server that is stuck must not hold clients for long, and waiting for their bodies is Kong's part: what takes longer here
    // (a key set fetched for the first time) goes on behind the refusal, and serves the next request.
    this.timeoutMs = Math.min(TIMEOUT_MAX_MS, Math.max(TIMEOUT_MIN_MS, ...links.map((link) => link.deadlineMs)));
    this.usedAt = options.now();
  }

  get chain(): Chain {
    return this.options.chain;
  }

  /**
   * Judges one request.
   * @param line facts, as `kong/lua/gatehouse/facts.lua` writes them
   * @param stamp the request's moment and id
   * @throws FactsError when they are not
   */
  judge(line: string, stamp: string, body: Buffer | null): MaybePromise<DecisionText> {
    const now = this.options.now();
    this.usedAt = now;
    const facts = LaneFacts.read(line, stamp, this.places, body, this.options.system);
    const context = new RequestContext();
    const verdict = this.chain.run(facts, context, now);
    if (verdict instanceof Promise) return verdict.then((late) => this.said(facts, context, late, now));
    return this.said(facts, context, verdict, now);
  }

  private said(facts: LaneFacts, context: RequestContext, verdict: Verdict, now: number): DecisionText {
    if (this.track !== null) this.options.pending.add({ chain: this, facts, context, since: now });
    return decisionText(verdict, facts.rawQuery, this.track);
  }
}

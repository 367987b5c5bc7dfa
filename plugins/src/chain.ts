/**
 * Runs a route's policies on one request, in order of priority, until one refuses or answers. Fails closed: a policy that
 * throws, rejects, says nothing sensible or says nothing in time is 503, logged and counted.
 */
import {
  type AllNeeds,
  type Answer,
  type BaseEffects,
  type Decision,
  type Deny,
  deny,
  type ErrorFormat,
  type ErrorStyle,
  errorStyle,
  type Facts,
  type HeaderPairs,
  type HeadOutcome,
  type MaybePromise,
  mergeNeeds,
  type Needs,
  type Outcome,
  PASS,
  type Pass,
  type PolicyInstance,
  type Recogniser,
  type RequestContext,
  renderDenial,
} from '@gatehouse/policy';
import { type Failure, failureOf, isDecision, Watch } from './chain-watch.js';
import { mergePass, withPassHeaders } from './merge-pass.js';

/** A policy with its configuration, ready to run. */
export interface ChainLink {
  readonly name: string;
  readonly priority: number;
  /** Milliseconds that one decision may take. */
  readonly deadlineMs: number;
  readonly instance: PolicyInstance;
  readonly needs: Needs;
}

/** An answer in place of the service's. */
export interface Reply {
  readonly kind: 'reply';
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: string | Uint8Array;
  /** Which policy refused or answered, and why (an error's code, or `answer`). */
  readonly policy: string;
  readonly reason: string;
}

/** What becomes of the request. */
export type Verdict = Pass | Reply;

export interface ChainOptions {
  /** Whose route it is; decides the words and the form of errors. */
  readonly system: string;
  /** Overrides the system's form. */
  readonly errors?: ErrorFormat;
}

/** A refusal on its way back through the policies before it. */
interface Refusal {
  decision: Deny | Answer;
  policy: string;
  readonly merged: Pass;
  readonly facts: Facts;
  readonly context: RequestContext;
  /** The link that made the first decision: it is not told about it. */
  readonly skip: number;
  /** How many links, from the first, let the request pass. */
  readonly passed: number;
}

/** What a chain uses of the runtime. */
export type ChainEffects = Pick<BaseEffects, 'log' | 'metrics' | 'after' | 'cancel' | 'now'>;

/** Policies by falling priority; of equal ones, by name. */
const inOrder = (a: ChainLink, b: ChainLink): number => b.priority - a.priority || (a.name < b.name ? -1 : 1);

export class Chain {
  readonly links: readonly ChainLink[];
  readonly needs: AllNeeds;
  private readonly style: ErrorStyle;
  private readonly recognisers: readonly Recogniser[];
  private readonly settlers: readonly boolean[];
  private readonly settling: boolean;
  /** Places of the policies that have something to say on every answer. */
  private readonly noticing: readonly number[];
  private readonly headWatchers: readonly PolicyInstance[];
  private readonly endWatchers: readonly PolicyInstance[];
  private readonly watch: Watch;

  constructor(
    links: readonly ChainLink[],
    options: ChainOptions,
    private readonly effects: ChainEffects,
  ) {
    this.links = [...links].sort(inOrder);
    this.needs = mergeNeeds(links.map((link) => link.needs));
    this.style = errorStyle(options.system, options.errors);
    const instances = this.links.map((link) => link.instance);
    this.recognisers = instances.filter((instance): instance is PolicyInstance & Recogniser => instance.recognise !== undefined);
    this.settlers = instances.map((instance) => instance.settle !== undefined);
    this.settling = this.settlers.includes(true);
    this.noticing = instances.flatMap((instance, i) => (instance.notice ? [i] : []));
    this.headWatchers = instances.filter((instance) => instance.answered !== undefined);
    this.endWatchers = instances.filter((instance) => instance.outcome !== undefined);
    this.watch = new Watch(effects);
  }

  /**
   * Judges one request. Never throws, never rejects; synchronous when every policy is.
   * @param now Unix milliseconds
   */
  run(facts: Facts, context: RequestContext, now: number): MaybePromise<Verdict> {
    context.recognisers = this.recognisers;
    return this.step(0, PASS, facts, context, now);
  }

  /** Tells the policies that the answer's headers are there. */
  answered(facts: Facts, context: RequestContext, head: HeadOutcome, now: number): void {
    for (const instance of this.headWatchers) this.guarded(() => instance.answered!(facts, context, head, now));
  }

  /** Tells the policies that the request is over. */
  outcome(facts: Facts, context: RequestContext, outcome: Outcome, now: number): void {
    for (const instance of this.endWatchers) this.guarded(() => instance.outcome!(facts, context, outcome, now));
  }

  close(): void {
    for (const link of this.links) this.guarded(() => link.instance.close?.());
  }

  private guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.effects.log('error', 'a policy failed after its decision', { error: String(error) });
    }
  }

  /** Runs the links from `index` on; `merged` is what those before it said. */
  private step(index: number, merged: Pass, facts: Facts, context: RequestContext, now: number): MaybePromise<Verdict> {
    let sum = merged;
    for (let i = index; i < this.links.length; i++) {
      const decision = this.ask(i, facts, context, now);
      if (decision instanceof Promise) return decision.then((late) => this.resume(i, late, sum, facts, context));
      if (decision.kind !== 'pass') return this.stop(i, decision, sum, facts, context, now);
      sum = mergePass(sum, decision);
    }
    return this.settling ? this.settle(this.links.length - 1, sum, facts, context, now) : sum;
  }

  private resume(index: number, decision: Decision, merged: Pass, facts: Facts, context: RequestContext): MaybePromise<Verdict> {
    const now = this.effects.now();
    if (decision.kind !== 'pass') return this.stop(index, decision, merged, facts, context, now);
    return this.step(index + 1, mergePass(merged, decision), facts, context, now);
  }

  /** One policy's decision, or a denial in its place when it fails. */
  private ask(index: number, facts: Facts, context: RequestContext, now: number): MaybePromise<Decision> {
    const link = this.links[index]!;
    let decision: MaybePromise<Decision>;
    try {
      decision = link.instance.decide(facts, context, now);
    } catch (error) {
      return this.failed(link.name, failureOf(error), facts);
    }
    if (decision instanceof Promise) {
      const late = (): void => this.tooLate(link, facts, context);
      return this.watch.decision(decision, link.deadlineMs, late).catch((error) => this.failed(link.name, failureOf(error), facts));
    }
    return isDecision(decision) ? decision : this.failed(link.name, { kind: 'invalid', error: 'no decision' }, facts);
  }

  /** A denial for a fault: the client's where the body was at fault, else ours. */
  private failed(policy: string, failure: Failure, facts: Facts): Deny {
    if (failure.kind === 'body') return deny(failure.code);
    this.watch.count(policy, failure.kind);
    this.effects.log('error', 'a policy gave no decision', {
      policy,
      failure: failure.kind,
      error: failure.error,
      requestId: facts.requestId,
      route: facts.route,
    });
    return deny('undecided');
  }

  /** A policy passed after its deadline: the client was refused already, so what the policy took must go back. */
  private tooLate(link: ChainLink, facts: Facts, context: RequestContext): void {
    if (!link.instance.settle) return;
    this.watch.quietly(() => link.instance.settle!(facts, context, deny('undecided'), this.effects.now()));
  }

  private stop(
    index: number,
    decision: Deny | Answer,
    merged: Pass,
    facts: Facts,
    context: RequestContext,
    now: number,
  ): MaybePromise<Verdict> {
    const policy = this.links[index]!.name;
    const end = { decision, policy, merged, facts, context, skip: index, passed: index };
    return this.settling ? this.unwind(end, index - 1, now) : this.reply(end, now);
  }

  /** Tells the policies up to `from` about a refusal, latest first; each may put another in its place. */
  private unwind(end: Refusal, from: number, now: number): MaybePromise<Verdict> {
    for (let i = from; i >= 0; i--) {
      if (!this.settlers[i] || i === end.skip) continue;
      const said = this.askSettle(i, end.facts, end.context, end.decision, now);
      if (said instanceof Promise) {
        return said.then((late) => {
          this.replace(end, i, late);
          return this.unwind(end, i - 1, this.effects.now());
        });
      }
      this.replace(end, i, said);
    }
    return this.reply(end, now);
  }

  private replace(end: Refusal, index: number, said: Decision | undefined): void {
    if (!said || said.kind === 'pass') return;
    end.decision = said;
    end.policy = this.links[index]!.name;
  }

  /** All passed: the policies hear that too. What one says here ends the request after all, and the others hear of it. */
  private settle(from: number, merged: Pass, facts: Facts, context: RequestContext, now: number): MaybePromise<Verdict> {
    for (let i = from; i >= 0; i--) {
      if (!this.settlers[i]) continue;
      const said = this.askSettle(i, facts, context, merged, now);
      if (said instanceof Promise) return said.then((late) => this.settled(i, late, merged, facts, context, this.effects.now()));
      if (said && said.kind !== 'pass') return this.settled(i, said, merged, facts, context, now);
    }
    return merged;
  }

  private settled(
    index: number,
    said: Decision | undefined,
    merged: Pass,
    facts: Facts,
    context: RequestContext,
    now: number,
  ): MaybePromise<Verdict> {
    if (!said || said.kind === 'pass') return this.settle(index - 1, merged, facts, context, now);
    const { length } = this.links;
    const end = { decision: said, policy: this.links[index]!.name, merged, facts, context, skip: index, passed: length };
    return this.unwind(end, length - 1, now);
  }

  private askSettle(
    index: number,
    facts: Facts,
    context: RequestContext,
    verdict: Decision,
    now: number,
  ): MaybePromise<Decision | undefined> {
    const link = this.links[index]!;
    try {
      const said = link.instance.settle!(facts, context, verdict, now);
      if (!(said instanceof Promise)) return said;
      return this.watch.within(said, link.deadlineMs).catch((error) => this.failed(link.name, failureOf(error), facts));
    } catch (error) {
      return this.failed(link.name, failureOf(error), facts);
    }
  }

  /** The answer to send: the refusal in the system's form, with what other policies put on every answer. */
  private reply(end: Refusal, now: number): Reply {
    const { decision, policy, facts } = end;
    const rendered =
      decision.kind === 'answer'
        ? decision
        : renderDenial(decision, this.style, { path: facts.rawPath, traceId: facts.traceId, requestId: facts.requestId }, now);
    const reason = decision.kind === 'answer' ? 'answer' : decision.code;
    const headers = withPassHeaders(rendered.headers, this.noticed(end, now));
    return { kind: 'reply', status: rendered.status, headers, body: rendered.body, policy, reason };
  }

  /** What the policies before a refusal said, and those after it have to say all the same. */
  private noticed({ merged, facts, passed }: Refusal, now: number): Pass {
    let sum = merged;
    for (const i of this.noticing) {
      if (i < passed) continue;
      this.guarded(() => {
        sum = mergePass(sum, this.links[i]!.instance.notice!(facts, now));
      });
    }
    return sum;
  }
}

/** All policies of one route as one plugin of the embedded plane: in process, without serialising anything. */

import type { Chain, Verdict } from '@gatehouse/plugins';
import {
  type HeaderPairs,
  type HeadOutcome,
  headersByName,
  type KeptAnswer,
  type Pass,
  RequestContext,
  withoutParameters,
} from '@gatehouse/policy';
import type { HeaderList } from '../headers.js';
import type { LiveExchange } from '../phases/exchange.js';
import type { Exchange, Exit, Outcome, PluginInstance, ResponseHead } from '../plugin.js';
import { GatewayFacts } from './gateway-facts.js';

/** The priority at which a route's policies run together. */
export const POLICIES_PRIORITY = 1940;

/** One request's state between the phases. */
interface Run {
  readonly facts: GatewayFacts;
  readonly context: RequestContext;
  pass: Pass | null;
  /** What was told when the head was there. */
  head: HeadOutcome | null;
  kept: Buffer[] | null;
  keptBytes: number;
  keptHeaders: HeaderPairs;
}

const SOURCES = { service: 'service', exit: 'policy', error: 'gateway' } as const;

export class PolicyChain implements PluginInstance {
  readonly bodyFilter?: NonNullable<PluginInstance['bodyFilter']>;

  constructor(
    private readonly chain: Chain,
    private readonly system: string,
    private readonly now: () => number,
  ) {
    // Without a policy that keeps answers, bodies need not pass through here at all.
    if (chain.needs.answer > 0) this.bodyFilter = (exchange, chunk, last) => this.keep(exchange, chunk, last);
  }

  access(exchange: Exchange): Exit | undefined | Promise<Exit | undefined> {
    const run = this.runOf(exchange);
    const verdict = this.chain.run(run.facts, run.context, this.now());
    if (verdict instanceof Promise) return verdict.then((late) => this.apply(exchange, run, late));
    return this.apply(exchange, run, verdict);
  }

  headerFilter(exchange: Exchange, head: ResponseHead): void {
    const run = this.runOf(exchange);
    if (run.pass) setResponseHeaders(head.headers, run.pass);
    const { needs } = this.chain;
    if (needs.outcome === 'none') return;
    run.head = this.headOutcome(exchange as LiveExchange, head);
    this.chain.answered(run.facts, run.context, run.head, this.now());
    if (needs.answer === 0 || head.source !== 'service') return;
    run.kept = [];
    run.keptHeaders = [...head.headers.entries()];
  }

  log(exchange: Exchange, outcome: Outcome): void {
    if (this.chain.needs.outcome !== 'end') return;
    const run = this.runOf(exchange);
    const head = run.head ?? this.headOutcome(exchange as LiveExchange, outcome);
    const { totalMs, gatewayMs, bytesIn, bytesOut, aborted } = outcome;
    const told = { ...head, totalMs, gatewayMs, bytesIn, bytesOut, aborted, answer: answerOf(run, aborted) };
    this.chain.outcome(run.facts, run.context, told, this.now());
  }

  private runOf(exchange: Exchange): Run {
    const known = exchange.local.get(this);
    if (known) return known as Run;
    const facts = new GatewayFacts(exchange as LiveExchange, this.system);
    const run: Run = { facts, context: new RequestContext(), pass: null, head: null, kept: null, keptBytes: 0, keptHeaders: [] };
    exchange.local.set(this, run);
    return run;
  }

  private apply(exchange: Exchange, run: Run, verdict: Verdict): Exit | undefined {
    if (verdict.kind === 'reply') {
      // The body is in the system's form already: the guard leaves it alone.
      exchange.shared.set('gatehouse.error', true);
      return { status: verdict.status, headers: headersByName(verdict.headers), body: bodyOf(verdict.body) };
    }
    run.pass = verdict;
    const { headers } = exchange.request;
    for (const name of verdict.removeHeaders ?? []) headers.remove(name);
    for (const [name, value] of verdict.setHeaders ?? []) headers.set(name, value);
    if (verdict.stripQuery) exchange.upstream.rawQuery = withoutParameters(exchange.upstream.rawQuery, verdict.stripQuery);
    return undefined;
  }

  private headOutcome(exchange: LiveExchange, head: { status: number; source: ResponseHead['source'] }): HeadOutcome {
    const asked = exchange.upstreamAskedAt;
    const upstreamMs = asked === 0 ? null : (exchange.upstreamAnsweredAt || this.now()) - asked;
    return { status: head.status, source: SOURCES[head.source], failure: exchange.upstreamFailure, upstreamMs };
  }

  private keep(exchange: Exchange, chunk: Buffer, _last: boolean): Buffer {
    const run = this.runOf(exchange);
    if (!run.kept || chunk.length === 0) return chunk;
    run.keptBytes += chunk.length;
    if (run.keptBytes > this.chain.needs.answer) run.kept = null;
    else run.kept.push(chunk);
    return chunk;
  }
}

function answerOf(run: Run, aborted: boolean): KeptAnswer | null {
  if (run.keptHeaders.length === 0) return null;
  return { headers: run.keptHeaders, body: run.kept && !aborted ? Buffer.concat(run.kept) : null };
}

function setResponseHeaders(headers: HeaderList, pass: Pass): void {
  for (const [name, value] of pass.responseHeaders ?? []) headers.set(name, value);
  for (const [name, value] of pass.appendResponseHeaders ?? []) headers.add(name, value);
}

const bodyOf = (body: string | Uint8Array): string | Buffer => (typeof body === 'string' ? body : Buffer.from(body));

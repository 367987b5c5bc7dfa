/** Breakers with time by hand, and requests whose outcome a test decides. */
import type { BreakerStore, Decision, HeadOutcome, PolicyInstance } from '@gatehouse/policy';
import { RequestContext } from '@gatehouse/policy';
import { type FakeEffects, type FakeRequest, fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { createLink } from '../../link.js';
import { MemoryBreakerStore } from '../../stores/memory/breaker-store.js';
import { circuitBreaker } from '../index.js';

/** How a request ended. A number is the service's status. */
export type End = number | 'refused' | 'closed' | 'timeout' | 'other plugin';

const head = (end: End): HeadOutcome => {
  if (typeof end === 'number') return { status: end, source: 'service', failure: null, upstreamMs: 1 };
  if (end === 'other plugin') return { status: 403, source: 'policy', failure: null, upstreamMs: null };
  return { status: end === 'timeout' ? 504 : 502, source: 'gateway', failure: end, upstreamMs: 1 };
};

/** A request that was let through. */
export interface Running {
  end(end: End): Promise<void>;
  /** Over without an answer. */
  leave(): Promise<void>;
  /** A later policy refused it. */
  refuse(): Promise<void>;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Node {
  readonly instance: PolicyInstance;
  private requests = 0;

  constructor(
    readonly effects: FakeEffects,
    readonly store: BreakerStore,
    config: object,
    private readonly name = 'n',
  ) {
    this.instance = createLink(
      circuitBreaker,
      { system: 'gongbu', ...config },
      { ...effects, stores: () => ({ breakers: store }) },
    ).instance;
  }

  /** The refusal, or the request under way. */
  async ask(request: FakeRequest = {}): Promise<Running | Extract<Decision, { kind: 'deny' }>> {
    const { instance, effects } = this;
    const facts = fakeFacts({ requestId: `${this.name}${++this.requests}`, ...request });
    const context = new RequestContext();
    const decision = await instance.decide(facts, context, effects.now());
    if (decision.kind === 'answer') throw new Error('a breaker answers nothing');
    if (decision.kind === 'deny') return decision;
    const over = { totalMs: 1, gatewayMs: 1, bytesIn: 0, bytesOut: 0, aborted: false, answer: null };
    return {
      end: async (end) => {
        instance.answered!(facts, context, head(end), effects.now());
        instance.outcome!(facts, context, { ...head(end), ...over }, effects.now());
        await settled();
      },
      leave: async () => {
        instance.outcome!(facts, context, { ...head('closed'), ...over, aborted: true, status: 499, failure: null }, effects.now());
        await settled();
      },
      refuse: async () => {
        instance.settle!(facts, context, { kind: 'deny', code: 'conflict' }, effects.now());
        await settled();
      },
    };
  }

  /** Sends requests one after the other; `-` is one that was refused. */
  async send(...ends: readonly End[]): Promise<string> {
    const said: string[] = [];
    for (const end of ends) {
      const running = await this.ask();
      if ('kind' in running) said.push('-');
      else {
        await running.end(end);
        said.push(String(end));
      }
    }
    return said.join(' ');
  }

  gauge(service = 'test-service'): number | undefined {
    return this.effects.values.get(`gatehouse_circuit_breaker_state{gongbu,${service}}`);
  }
}

export function node(config: object = {}): Node {
  const effects = fakeEffects();
  return new Node(effects, new MemoryBreakerStore(() => effects.now()), config);
}

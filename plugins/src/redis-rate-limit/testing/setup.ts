/** A limiter over stores in process, with time by hand. */
import { type Decision, type Identity, type LimitReply, type LimitStore, RequestContext } from '@gatehouse/policy';
import { type FakeEffects, type FakeRequest, fakeEffects, fakeFacts, fakeIdentity } from '@gatehouse/policy/testing';
import type { ChainLink } from '../../chain.js';
import { createLink } from '../../link.js';
import { MemoryLimitStore } from '../../stores/memory/limit-store.js';
import { ipRateLimit, redisRateLimit } from '../index.js';

export const person = fakeIdentity;

/** A shared store that can be away, and counts how often it was asked. */
export class FlakyStore implements LimitStore {
  asked = 0;
  away = false;

  constructor(private readonly inner: MemoryLimitStore) {}

  async take(asks: Parameters<LimitStore['take']>[0]): Promise<LimitReply> {
    this.asked++;
    if (this.away) throw new Error('Redis is away');
    return this.inner.take(asks);
  }

  async giveBack(...args: Parameters<LimitStore['giveBack']>): Promise<void> {
    if (this.away) throw new Error('Redis is away');
    this.inner.giveBack(...args);
  }

  reset(parts: readonly string[]): Promise<number> {
    return this.inner.reset(parts);
  }

  onReset(forget: () => void): { close(): void } {
    return this.inner.onReset(forget);
  }
}

export interface Limiter {
  readonly effects: FakeEffects;
  readonly store: FlakyStore;
  readonly link: ChainLink;
  /** The decision on one request, in a context of its own. */
  ask(request?: FakeRequest, identity?: Identity | null): Promise<Decision>;
}

/** Another limiter over the same stores: another route of the same system, or another stage. */
export function limiterOn(base: Pick<Limiter, 'effects' | 'store'>, local: LimitStore, config: object, early = false): Limiter {
  const { effects, store } = base;
  const world = { ...effects, stores: () => ({ limits: store, localLimits: local }) };
  const link = createLink(early ? ipRateLimit : redisRateLimit, { system: 'gongbu', ...config }, world);
  const ask = async (request: FakeRequest = {}, identity: Identity | null = person()): Promise<Decision> => {
    const context = new RequestContext();
    context.identity = identity;
    return link.instance.decide(fakeFacts(request), context, effects.now());
  };
  return { effects, store, link, ask };
}

export function limiter(config: object, early = false): Limiter {
  const effects = fakeEffects();
  const store = new FlakyStore(new MemoryLimitStore(() => effects.now()));
  return limiterOn({ effects, store }, new MemoryLimitStore(() => effects.now()), config, early);
}

/** What a decision says to the client: status word, headers by lower-case name. */
export function told(decision: Decision): {
  kind: string;
  headers: Record<string, string>;
  retryAfter?: number | undefined;
  message?: string | undefined;
} {
  const pairs = decision.kind === 'pass' ? decision.responseHeaders : decision.headers;
  const headers = Object.fromEntries((pairs ?? []).map(([name, value]) => [name.toLowerCase(), value]));
  if (decision.kind !== 'deny') return { kind: decision.kind, headers };
  return { kind: decision.code, headers, retryAfter: decision.retryAfter, message: decision.message };
}

/** The policy over a store in process that can be away, and requests whose outcome a test decides. */
import { type Decision, deny, type IdempotencyStore, type KeptAnswer, type Outcome, PASS, RequestContext } from '@gatehouse/policy';
import { type FakeRequest, fakeEffects, fakeFacts, fakeIdentity } from '@gatehouse/policy/testing';
import { createLink } from '../../link.js';
import { MemoryIdempotencyStore } from '../../stores/memory/idempotency-store.js';
import { idempotency } from '../index.js';

/** A repeat that finds its key taken asks again after this time. */
export const RECHECK_MS = 25;
/** Turns of the event loop in which a decision is there that does not wait for time. */
const TURNS = 5;

const person = (subject: string) => fakeIdentity({ subject });

export const kept = (body: string | null): KeptAnswer => ({
  headers: [['Content-Type', 'application/json']],
  body: body === null ? null : Buffer.from(body),
});

const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  status: 201,
  source: 'service',
  failure: null,
  upstreamMs: 5,
  totalMs: 6,
  gatewayMs: 1,
  bytesIn: 0,
  bytesOut: 0,
  aborted: false,
  answer: kept('{"id":1}'),
  ...more,
});

/** A store that can be away. */
class FlakyStore implements IdempotencyStore {
  away = false;
  constructor(private readonly inner: IdempotencyStore) {}

  claim: IdempotencyStore['claim'] = (...args) => this.reach(() => this.inner.claim(...args));
  complete: IdempotencyStore['complete'] = (...args) => this.reach(() => this.inner.complete(...args));
  release: IdempotencyStore['release'] = (...args) => this.reach(() => this.inner.release(...args));

  private async reach<T>(call: () => Promise<T>): Promise<T> {
    if (this.away) throw new Error('Redis is away');
    return call();
  }
}

export function world(config: object = {}) {
  const effects = fakeEffects();
  const store = new FlakyStore(new MemoryIdempotencyStore(() => effects.now()));
  const { instance, needs } = createLink(
    idempotency,
    { system: 'healthpay', ...config },
    { ...effects, stores: () => ({ idempotency: store }) },
  );
  let requests = 0;
  /** Lets time pass while a decision waits for it. */
  const decided = async (decision: Promise<Decision>): Promise<Decision> => {
    let waiting = true;
    const stop = (): void => {
      waiting = false;
    };
    decision.then(stop, stop);
    for (let turn = 0; turn < TURNS && waiting; turn++) await new Promise(setImmediate);
    if (waiting) await effects.clock.advance(RECHECK_MS);
    return decision;
  };
  const begin = async (request: FakeRequest = {}, user: string | null = 'u1') => {
    const facts = fakeFacts({
      requestId: `r${++requests}`,
      method: 'POST',
      url: '/v2/payments',
      body: '{"amount":1}',
      headers: { 'Idempotency-Key': 'k1' },
      ...request,
    });
    const context = new RequestContext();
    context.identity = user === null ? null : person(user);
    const decision = await decided(Promise.resolve(instance.decide(facts, context, effects.now())));
    const tick = (): Promise<void> => effects.clock.advance(0);
    return {
      decision,
      end: async (more?: Partial<Outcome>) => {
        await instance.settle!(facts, context, PASS, effects.now());
        instance.outcome!(facts, context, outcome(more), effects.now());
        await tick();
      },
      refuse: async () => {
        await instance.settle!(facts, context, deny('forbidden'), effects.now());
        instance.outcome!(facts, context, outcome({ source: 'policy', upstreamMs: null, answer: null }), effects.now());
        await tick();
      },
    };
  };
  const say = async (request?: FakeRequest, user?: string | null): Promise<string> => word((await begin(request, user)).decision);
  return { begin, say, store, effects, needs };
}

/** `pass`, the code of a refusal, or what is answered. */
function word(decision: Decision): string {
  if (decision.kind === 'deny') return decision.code;
  return decision.kind === 'answer' ? `${decision.status} ${Buffer.from(decision.body).toString()}` : 'pass';
}

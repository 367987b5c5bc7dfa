import type { BaseEffects } from '@gatehouse/policy';
import type { KnownToken, TokenFault, TokenVerifier } from './policy.js';

/** Seconds: from a cached key's microseconds to a fetch of the key set. */
const BUCKETS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** A verifier whose work is timed; tokens that are remembered cost nothing and are not counted. */
export function measured(inner: TokenVerifier, system: string, effects: Pick<BaseEffects, 'metrics' | 'monotonic'>): TokenVerifier {
  const durations = effects.metrics.histogram({
    name: 'gatehouse_jwt_validation_duration_seconds',
    help: 'Time to verify a token that was not seen before',
    labels: ['system', 'result'],
    buckets: BUCKETS,
  });
  const done = (result: KnownToken | TokenFault, since: number): KnownToken | TokenFault => {
    durations.observe([system, typeof result === 'string' ? result : 'good'], (effects.monotonic() - since) / 1000);
    return result;
  };
  return {
    known: (token, now) => inner.known(token, now),
    verify(token, now) {
      const since = effects.monotonic();
      const result = inner.verify(token, now);
      return result instanceof Promise ? result.then((late) => done(late, since)) : done(result, since);
    },
  };
}

/** What an operator may do to breakers. */
import type { BreakerRecord, BreakerStore } from '@gatehouse/policy';

/** There is no breaker of this name. */
export class UnknownBreakerError extends Error {
  readonly code = 'BREAKER_UNKNOWN';
  constructor(service: string, known: readonly string[]) {
    super(`there is no breaker "${service}"${known.length === 0 ? '' : `; there are ${known.join(', ')}`}`);
    this.name = 'UnknownBreakerError';
  }
}

async function check(store: BreakerStore, service: string): Promise<void> {
  const known = await store.list();
  if (!known.some((record) => record.service === service)) {
    throw new UnknownBreakerError(
      service,
      known.map((record) => record.service),
    );
  }
}

/** All breakers of a system. */
export const showBreakers = (store: BreakerStore): Promise<readonly BreakerRecord[]> => store.list();

/**
 * Holds a breaker open on every node: every request is refused.
 * @param forMs how long; null: until it is closed
 * @throws UnknownBreakerError
 */
export async function openBreaker(store: BreakerStore, service: string, forMs: number | null): Promise<void> {
  await check(store, service);
  await store.force({ service, state: 'open', remainingMs: forMs, forced: true });
}

/**
 * Closes a breaker on every node.
 * @param forMs how long it is held closed, whatever the service does; null: from now on it opens by its own rules
 * @throws UnknownBreakerError
 */
export async function closeBreaker(store: BreakerStore, service: string, forMs: number | null): Promise<void> {
  await check(store, service);
  await store.force({ service, state: 'closed', remainingMs: forMs ?? 0, forced: forMs !== null });
}

/** Makes the OIDC parts over their dependencies: stores on Redis where the system has one, else in this process. */
import type { Dependencies } from '../dependencies.js';
import { AuthEvents } from '../events/auth-events.js';
import type { HealthCheck } from '../http/health.js';
import { MemoryRefreshStore } from '../refresh/memory-refresh-store.js';
import { RedisRefreshStore } from '../refresh/redis-refresh-store.js';
import { Refresher } from '../refresh/refresher.js';
import { MemorySessionStore } from '../sessions/memory-session-store.js';
import { ProviderEnds } from '../sessions/provider-ends.js';
import { RedisSessionStore } from '../sessions/redis-session-store.js';
import { Sessions, SYSTEM } from '../sessions/sessions.js';
import type { Settings } from '../settings.js';
import { OidcClient } from './client.js';
import type { OidcParts } from './parts.js';
import { Transactions } from './transactions.js';

export interface Assembled {
  readonly parts: OidcParts;
  readonly checks: readonly HealthCheck[];
  /** Lets what is told to the provider end. */
  close(): Promise<void>;
}

/** @throws RedisSettingsError, SecretError for a Redis that is named wrongly */
export function assembleOidc(deps: Dependencies, { oidc: settings, sealSecrets: secrets }: Settings): Assembled {
  const memory = deps.sharedMemory(SYSTEM);
  if (!memory)
    deps.log('warn', 'no Redis is named: the gateways do not hear of sessions that end here, whose tokens stay good until they expire');
  const { replay, revocations } = deps.stores(SYSTEM);
  const client = new OidcClient(settings, deps);
  const events = new AuthEvents(deps);
  const ends = new ProviderEnds((token) => client.endSession(token), deps);
  const now = (): number => deps.now();
  const store = memory ? new RedisSessionStore(memory) : new MemorySessionStore(now);
  const sessions = new Sessions({ store, revocations, events, ends, settings, secrets, effects: deps });
  const tokens = memory ? new RedisRefreshStore(memory) : new MemoryRefreshStore(now);
  const ask = (token: string) => client.refresh(token);
  const refresher = new Refresher({ store: tokens, sessions, events, settings, secrets, effects: deps, ask });
  const transactions = new Transactions(secrets, settings.loginMs, deps);
  const redis = memory ? [{ name: 'redis', up: () => memory.redis.health.state === 'up' }] : [];
  return {
    parts: { settings, client, transactions, sessions, refresher, events, ends, replay, effects: deps },
    checks: [{ name: 'keycloak', up: () => client.issuer.up }, ...redis],
    close: async () => {
      client.close();
      await ends.settled();
    },
  };
}

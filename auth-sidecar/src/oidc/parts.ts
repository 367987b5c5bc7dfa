/** What the OIDC handlers share. */
import type { ReplayStore } from '@gatehouse/policy';
import type { Dependencies } from '../dependencies.js';
import type { AuthEvents } from '../events/auth-events.js';
import type { Refresher } from '../refresh/refresher.js';
import type { ProviderEnds } from '../sessions/provider-ends.js';
import type { Sessions } from '../sessions/sessions.js';
import type { OidcSettings } from '../settings.js';
import type { OidcClient } from './client.js';
import type { Transactions } from './transactions.js';

export interface OidcParts {
  readonly settings: OidcSettings;
  readonly client: OidcClient;
  readonly transactions: Transactions;
  readonly sessions: Sessions;
  readonly refresher: Refresher;
  readonly events: AuthEvents;
  /** Sessions that are being ended at the provider. */
  readonly ends: ProviderEnds;
  /** Remembers what may be used once: sign-ins, logout tokens. */
  readonly replay: ReplayStore;
  readonly effects: Pick<Dependencies, 'now' | 'after' | 'log' | 'random' | 'metrics'>;
}

/** A name for one use of the replay store. */
export const newOwner = ({ effects }: Pick<OidcParts, 'effects'>): string => Buffer.from(effects.random.bytes(12)).toString('base64url');

/** Sessions: begun, seen again, listed, ended. An end is told to every gateway, to the provider and to the readers of events. */
import type { Revocation, RevocationFeed } from '@gatehouse/policy';
import { Sealer } from '../crypto/sealer.js';
import type { Dependencies } from '../dependencies.js';
import type { AuthEvents, LogoutReason } from '../events/auth-events.js';
import type { Person, TokenSet } from '../oidc/tokens.js';
import type { OidcSettings } from '../settings.js';
import type { ProviderEnds } from './provider-ends.js';
import type { SessionRecord, SessionStore } from './session-store.js';

/** The system whose tokens the gateway refuses. */
export const SYSTEM = 'interview';
/** Where the provider names no session, all of a user's tokens are one. */
const USER = 'user:';

/** The session of a token: its `sid`, else its user. */
export const sessionIdOf = (sid: string | null, userId: string): string => sid ?? `${USER}${userId}`;

export interface SessionTools {
  readonly store: SessionStore;
  readonly revocations: RevocationFeed;
  readonly events: AuthEvents;
  readonly ends: ProviderEnds;
  readonly settings: Pick<OidcSettings, 'sessionIdleMs' | 'sessionsPerUser' | 'accessTokenMaxMs'>;
  readonly secrets: readonly string[];
  readonly effects: Pick<Dependencies, 'now' | 'log' | 'metrics'>;
}

/** What a session's tokens were last, as kept. */
export interface KeptTokens {
  readonly refreshToken: string | null;
  readonly idToken: string | null;
}

/** The session of some tokens ended after they were issued, or in that very second. */
export class SessionEndedError extends Error {
  readonly code = 'SESSION_ENDED';
  /** @param at when (Unix ms): tokens that are issued after it are good */
  constructor(readonly at: number) {
    super('the session was ended');
    this.name = 'SessionEndedError';
  }
}

/** Everybody's sessions. What they keep of tokens is sealed; what the stores throw reaches the caller. */
export class Sessions {
  private readonly sealer: Sealer;
  private readonly ended: { add(labels: readonly string[]): void };

  constructor(private readonly tools: SessionTools) {
    this.sealer = new Sealer(tools.secrets, 'session tokens');
    this.ended = tools.effects.metrics.counter({ name: 'auth_sessions_ended_total', help: 'Sessions that ended', labels: ['reason'] });
  }

  /**
   * A sign-in.
   * @param device for people
   * @throws SessionEndedError when the gateway refuses the token already; what the store throws
   */
  async open(tokens: TokenSet, person: Person, device: string): Promise<SessionRecord> {
    const { settings, store, effects } = this.tools;
    const now = effects.now();
    const id = sessionIdOf(tokens.sessionId, person.userId);
    const ended = await this.endedAt(id, person.userId);
    if (ended >= tokens.issuedAt) throw new SessionEndedError(ended);
    const record = { id, ...person, device, since: now, ...(await this.seen(tokens, now, 0)) };
    const { taken, beyond } = await store.put(record, settings.sessionsPerUser, settings.sessionIdleMs);
    if (!taken) throw new SessionEndedError(now);
    for (const old of beyond) await this.end(old.id, old.userId, 'admin_action');
    return record;
  }

  /** New tokens of a session; null when it is not known (any more). */
  async refreshed(id: string, tokens: TokenSet): Promise<SessionRecord | null> {
    const known = await this.tools.store.get(id);
    if (!known) return null;
    const { idToken, refreshToken } = await this.kept(known);
    const whole = { ...tokens, idToken: tokens.idToken ?? idToken, refreshToken: tokens.refreshToken ?? refreshToken };
    const record = { ...known, ...(await this.seen(whole, this.tools.effects.now(), known.accessUntil)) };
    return (await this.tools.store.update(record, this.tools.settings.sessionIdleMs)) ? record : null;
  }

  list(userId: string): Promise<readonly SessionRecord[]> {
    return this.tools.store.list(userId, this.tools.settings.sessionsPerUser);
  }

  get(id: string): Promise<SessionRecord | null> {
    return this.tools.store.get(id);
  }

  /** Whether a session, or all of its user's, ended at or after a moment (Unix ms). */
  async endedSince(id: string, userId: string, moment: number): Promise<boolean> {
    return (await this.endedAt(id, userId)) >= moment;
  }

  /** A session's tokens; none that was sealed with a secret that is gone. */
  async kept({ sealed }: Pick<SessionRecord, 'sealed'>): Promise<KeptTokens> {
    const read = (await this.sealer.open(sealed)) as { r?: unknown; i?: unknown } | null;
    const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
    return { refreshToken: text(read?.r), idToken: text(read?.i) };
  }

  /**
   * Ends a session: every gateway refuses its tokens from now on, its events are told once, the provider is told in the background.
   * @param userId null when nobody is known to have had it: then no event tells of it
   * @param upTo tokens issued up to then (Unix ms) are of the session that ends; at least now
   * @returns its tokens, when it was known
   * @throws what the stores throw: nothing was ended then, or its second half not told
   */
  async end(id: string, userId: string | null, reason: LogoutReason, upTo = 0): Promise<KeptTokens | null> {
    const { store, events, effects, settings } = this.tools;
    const known = await store.get(id);
    const at = Math.max(effects.now(), upTo, known?.issuedAt ?? 0);
    await this.revoke(id, known, at, at);
    const { record, first } = await store.end(id, at, settings.sessionIdleMs);
    // A refresh came in between.
    if (record !== null && record.issuedAt > at) await this.revoke(id, record, at, record.issuedAt);
    const owner = record?.userId ?? userId;
    if (first && owner !== null) events.loggedOut(owner, id, reason);
    if (first) this.ended.add([reason]);
    effects.log('info', 'a session ended', { userId: owner, reason, first });
    const tokens = record && (await this.kept(record));
    if (tokens?.refreshToken != null) this.endAtProvider(id, tokens.refreshToken);
    return tokens;
  }

  /** Ends all sessions of a user, those that are not known here as well. */
  async endAll(userId: string, reason: LogoutReason, upTo = 0): Promise<void> {
    const { revocations, effects, store, settings } = this.tools;
    const since = Math.max(effects.now(), upTo);
    await revocations.publish(this.revocation('user', userId, since, since));
    for (let records = await this.list(userId); records.length > 0; records = await this.list(userId)) {
      for (const { id } of records) await this.end(id, userId, reason, upTo);
    }
    // For refresh tokens of sessions that are not known here.
    await store.end(`${USER}${userId}`, since, settings.sessionIdleMs);
  }

  /** Ends a session at the provider, in the background; while that can't be told, whatever it still issues is refused as well. */
  endAtProvider(id: string, refreshToken: string): void {
    this.tools.ends.add(refreshToken, () => this.revoke(id, null, this.tools.effects.now(), Number.MAX_SAFE_INTEGER));
  }

  /** When a session, or all of its user's, ended last; -1: never. */
  private async endedAt(id: string, userId: string): Promise<number> {
    const { store } = this.tools;
    const ends = await Promise.all([store.endedAt(id), store.endedAt(`${USER}${userId}`)]);
    return Math.max(...ends.map((at) => at ?? -1));
  }

  private async seen(tokens: TokenSet, now: number, accessUntil: number) {
    const sealed = await this.sealer.seal({ r: tokens.refreshToken, i: tokens.idToken });
    return { lastSeen: now, issuedAt: tokens.issuedAt, accessUntil: Math.max(accessUntil, tokens.accessUntil), sealed };
  }

  /** Has the gateways refuse a session's tokens that were issued up to a moment. */
  private async revoke(id: string, record: SessionRecord | null, at: number, since: number): Promise<void> {
    const until = Math.max(at, record?.accessUntil ?? 0);
    const [kind, name] = id.startsWith(USER) ? (['user', id.slice(USER.length)] as const) : (['session', id] as const);
    await this.tools.revocations.publish(this.revocation(kind, name, since, until));
  }

  private revocation(kind: Revocation['kind'], id: string, since: number, until: number): Revocation {
    return { system: SYSTEM, kind, id, since, until: Math.max(until, this.tools.effects.now()) + this.tools.settings.accessTokenMaxMs };
  }
}

/**
 * Refreshes: many of one token are one call to the provider, in this process and across replicas, and all get the same pair. A token that
 * is used again after its grace time was stolen, or its thief was first: the session ends.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Sealer } from '../crypto/sealer.js';
import type { Dependencies } from '../dependencies.js';
import type { AuthEvents } from '../events/auth-events.js';
import { HttpFault, unavailable } from '../http/fault.js';
import { RefusedError } from '../oidc/client.js';
import { claimsOf, type TokenSet, textClaim } from '../oidc/tokens.js';
import { type Sessions, sessionIdOf } from '../sessions/sessions.js';
import type { OidcSettings } from '../settings.js';
import type { RefreshStore, TokenNote } from './refresh-store.js';

/** A new pair. */
export interface Pair {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  /** Seconds, at the time of the call. */
  readonly expiresIn: number;
  /** Seconds; null when the provider does not say. */
  readonly refreshExpiresIn: number | null;
}

export interface RefreshTools {
  readonly store: RefreshStore;
  readonly sessions: Sessions;
  readonly events: AuthEvents;
  readonly settings: Pick<OidcSettings, 'graceMs' | 'sessionIdleMs'>;
  readonly secrets: readonly string[];
  readonly effects: Pick<Dependencies, 'now' | 'after' | 'cancel' | 'random' | 'log' | 'metrics'>;
  /** Asks the provider. @throws RefusedError, HttpFault 503, UntrustedError */
  ask(refreshToken: string): Promise<TokenSet>;
}

/** The lease is renewed three times as often as it would end. */
const LEASE_MS = 6000;
/** Between two looks at a token that another replica refreshes; and how long that is waited for. */
const POLL_MS = 40;
const WAIT_MS = 15_000;
/** A provider that was away is not asked again for one token within this time. */
const AWAY_MS = 1000;

const pairShape = z.object({
  accessToken: z.string(),
  refreshToken: z.string().nullable(),
  expiresIn: z.number(),
  refreshExpiresIn: z.number().nullable(),
});
const outcomeShape = z.union([
  z.object({ pair: pairShape }),
  z.object({ refused: z.literal(true) }),
  z.object({ away: z.number(), why: z.string() }),
]);
type Outcome = z.infer<typeof outcomeShape>;

/** A call to the provider: its outcome, whose token it spent, and the digest of the token that replaces it. */
interface Called {
  readonly outcome: Outcome;
  readonly spent: TokenNote | null;
  readonly successor: string | null;
}

const digest = (token: string): string => createHash('sha256').update(token).digest('base64url');
const refused = (why: string): HttpFault => new HttpFault('token_invalid', {}, why);

/** Refreshes of one process; replicas meet in the store. */
export class Refresher {
  private readonly running = new Map<string, Promise<Outcome>>();
  private readonly sealer: Sealer;
  private readonly results: { add(labels: readonly string[]): void };

  constructor(private readonly tools: RefreshTools) {
    this.sealer = new Sealer(tools.secrets, 'refresh outcome');
    this.results = tools.effects.metrics.counter({ name: 'auth_refreshes_total', help: 'Refreshes by outcome', labels: ['result'] });
  }

  /** Notes the refresh token of a sign-in. */
  async issued(refreshToken: string | null, note: TokenNote): Promise<void> {
    if (refreshToken !== null) await this.tools.store.note(digest(refreshToken), note, this.tools.settings.sessionIdleMs);
  }

  /**
   * The pair that replaces a refresh token.
   * @throws HttpFault 401 when it is not good (any more), 503 when nobody can say
   */
  async refresh(refreshToken: string): Promise<Pair> {
    const name = digest(refreshToken);
    let running = this.running.get(name);
    if (!running) {
      running = this.run(name, refreshToken).finally(() => this.running.delete(name));
      this.running.set(name, running);
    }
    const outcome = await running;
    if ('pair' in outcome) {
      this.results.add(['good']);
      return outcome.pair;
    }
    this.results.add(['refused' in outcome ? 'refused' : 'away']);
    throw 'refused' in outcome ? refused('the refresh token is not good') : unavailable(outcome.why, outcome.away);
  }

  /** Takes the lease, or waits for what its holder gets. */
  private async run(name: string, refreshToken: string): Promise<Outcome> {
    const { store, effects } = this.tools;
    const owner = Buffer.from(effects.random.bytes(12)).toString('base64url');
    const end = effects.now() + WAIT_MS;
    while (effects.now() < end) {
      const state = await store.begin(name, owner, LEASE_MS);
      if (state.state === 'kept') return this.read(state.outcome);
      if (state.state === 'spent') return this.reused(state.note);
      if (state.state === 'mine') return this.lead(name, owner, refreshToken, state.note);
      await new Promise<void>((resolve) => void effects.after(POLL_MS, resolve));
    }
    return { away: 1, why: 'another replica still refreshes' };
  }

  private async lead(name: string, owner: string, refreshToken: string, note: TokenNote | null): Promise<Outcome> {
    const { store } = this.tools;
    const stop = this.keepLease(name, owner);
    try {
      if (await this.ended(refreshToken, note)) {
        await store.release(name, owner);
        return { refused: true };
      }
      const { outcome, spent, successor } = await this.call(refreshToken, note);
      if ('refused' in outcome) {
        const other = await this.otherOutcome(name, owner);
        if (other) return other;
        if (note) await this.over(note);
      }
      const outcomeMs = 'away' in outcome ? AWAY_MS : this.tools.settings.graceMs;
      const kept = { outcome: await this.sealer.seal(outcome), outcomeMs, spent, successor, noteMs: this.tools.settings.sessionIdleMs };
      // The provider has changed its mind already: whoever asked must get the pair, kept or not.
      await store.complete(name, owner, kept).catch((error) => this.warn('a refresh could not be kept', error));
      return outcome;
    } finally {
      stop();
    }
  }

  /** What another replica got, which took the lease over while this one stood still: then a refusal means no more than that. */
  private async otherOutcome(name: string, owner: string): Promise<Outcome | null> {
    const state = await this.tools.store.begin(name, owner, LEASE_MS).catch(() => null);
    return state?.state === 'kept' ? this.read(state.outcome) : null;
  }

  /** The provider says that a session is over; one that was ended before may have been taken up again by a new sign-in. */
  private async over({ session, userId, since }: TokenNote): Promise<void> {
    const { sessions } = this.tools;
    if (await sessions.endedSince(session, userId, since).catch(() => false)) return;
    await sessions.end(session, userId, 'token_expired').catch((error) => this.warn('a session could not be ended', error));
  }

  /** Asks the provider, and notes in the session what it said. */
  private async call(refreshToken: string, note: TokenNote | null): Promise<Called> {
    try {
      const tokens = await this.tools.ask(refreshToken);
      const own = await this.settle(tokens, refreshToken, note);
      if (own === null) return this.tooLate(tokens, note);
      const { accessToken, expiresIn, refreshExpiresIn } = tokens;
      const next = tokens.refreshToken ?? refreshToken;
      const rotated = next !== refreshToken;
      const outcome = { pair: { accessToken, refreshToken: next, expiresIn, refreshExpiresIn } };
      return { outcome, spent: rotated ? own : null, successor: rotated ? digest(next) : null };
    } catch (error) {
      if (error instanceof RefusedError) return { outcome: { refused: true }, spent: note, successor: null };
      const denial = error instanceof HttpFault ? error.denial : { retryAfter: 5 };
      const why = error instanceof HttpFault ? error.why : String(error);
      return { outcome: { away: denial.retryAfter ?? 5, why }, spent: null, successor: null };
    }
  }

  /** The session of new tokens; tells of it where the user is known. Null: it ended while the provider was asked. */
  private async settle(tokens: TokenSet, spent: string, note: TokenNote | null): Promise<TokenNote | null> {
    const { sessions, events, effects } = this.tools;
    const { userId } = tokens.person;
    const session = note?.session ?? sessionIdOf(tokens.sessionId, userId);
    // The pair is there: when nobody can say, its end is the provider's affair.
    const over = async (): Promise<boolean> =>
      (await this.ended(spent, note).catch((error) => this.warn('a session’s end could not be looked for', error))) ?? false;
    if (await over()) return null;
    const known = await sessions.refreshed(session, tokens).catch((error) => this.warn('a session could not be kept', error));
    // Whoever ends a session that is still there looks at what it has just got.
    if (known === null && (await over())) return null;
    const person = { ...tokens.person, email: tokens.person.email ?? known?.email ?? null };
    if (person.email !== null) events.authenticated(person, session, 'jwt_refresh');
    return note ?? { session, userId, since: known?.since ?? effects.now() };
  }

  /** Nobody gets the tokens of a session that has ended, and at the provider they end as well. */
  private tooLate({ refreshToken, sessionId, person }: TokenSet, note: TokenNote | null): Called {
    const session = note?.session ?? sessionIdOf(sessionId, person.userId);
    if (refreshToken !== null) this.tools.sessions.endAtProvider(session, refreshToken);
    return { outcome: { refused: true }, spent: note, successor: null };
  }

  /** Whether the session is known to have ended. Of a token that is not known, what it says of itself is enough to refuse it. */
  private async ended(refreshToken: string, note: TokenNote | null): Promise<boolean> {
    const { sessions } = this.tools;
    if (note) return sessions.endedSince(note.session, note.userId, note.since);
    const claims = claimsOf(refreshToken);
    const userId = textClaim(claims, 'sub') ?? '';
    const session = textClaim(claims, 'sid');
    return session !== null && sessions.endedSince(session, userId, (claims.iat ?? 0) * 1000);
  }

  private async reused({ session, userId, since }: TokenNote): Promise<Outcome> {
    const { sessions, effects } = this.tools;
    if (!(await sessions.endedSince(session, userId, since))) {
      effects.log('warn', 'a spent refresh token was used again: its session ends', { userId });
      await sessions.end(session, userId, 'token_expired');
    }
    this.results.add(['reused']);
    return { refused: true };
  }

  private keepLease(name: string, owner: string): () => void {
    const { effects, store } = this.tools;
    const renew = (): void => {
      store.renew(name, owner, LEASE_MS).catch((error) => this.warn('a lease could not be renewed', error));
      timer = effects.after(LEASE_MS / 3, renew);
    };
    let timer = effects.after(LEASE_MS / 3, renew);
    return () => effects.cancel(timer);
  }

  private async read(sealed: string): Promise<Outcome> {
    const read = outcomeShape.safeParse(await this.sealer.open(sealed));
    return read.success ? read.data : { away: 1, why: 'a refresh was kept with a secret that this replica does not have' };
  }

  private warn(what: string, error: unknown): null {
    this.tools.effects.log('warn', what, { error: String(error) });
    return null;
  }
}

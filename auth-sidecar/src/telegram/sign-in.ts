/** Signing in by Telegram, and refreshing what that gave. */
import type { BaseEffects, ReplayStore, RevocationFeed } from '@gatehouse/policy';
import { HttpFault, unavailable } from '../http/fault.js';
import type { BotKeys } from './bot-keys.js';
import { AuthServiceError, type People, type Person, type Trace } from './person.js';
import { CLOCK_SKEW_MS, checkSignIn, type TelegramProof } from './proof.js';
import { newSession, nextGeneration, type SessionTimes, standing, type TelegramSession, type TelegramSessionStore } from './session.js';
import type { GongbuTokens, RefreshClaims, TokenPair } from './tokens.js';

/** The system whose users come by Telegram. */
export const SYSTEM = 'gongbu';
/** Longest life of any access token of the product: so long a withdrawal is remembered. */
const ACCESS_LIFE_MAX_MS = 24 * 3_600_000;

export interface SignInTools extends Pick<BaseEffects, 'now' | 'log' | 'random' | 'metrics'> {
  readonly keys: BotKeys;
  readonly times: SessionTimes;
  readonly tokens: GongbuTokens;
  readonly people: People;
  readonly sessions: TelegramSessionStore;
  readonly replay: ReplayStore;
  readonly revocations: Pick<RevocationFeed, 'publish'>;
}

/** All refusals look alike: who forges learns nothing from them. The log has the reason. */
const refused = (why: string): HttpFault => new HttpFault('token_invalid', {}, why);

export class TelegramSignIn {
  /** Refreshes under way, so that many of one token are one. */
  private readonly running = new Map<string, Promise<TokenPair>>();
  private readonly outcomes: { add(labels: readonly string[]): void };

  constructor(private readonly tools: SignInTools) {
    this.outcomes = tools.metrics.counter({
      name: 'auth_telegram_total',
      help: 'Sign-ins and refreshes of Telegram users by outcome',
      labels: ['what', 'outcome'],
    });
  }

  /**
   * Signs in with a Login Widget's object or `{ initData }`.
   * @throws HttpFault 400 for neither, 401 for what Telegram did not sign, is too old or was used, 403 for who is unknown, 503
   */
  async signIn(body: Readonly<Record<string, unknown>>, trace: Trace): Promise<TokenPair> {
    const proof = checkSignIn(body, this.tools.keys, this.tools.now());
    if (typeof proof !== 'object') {
      this.outcomes.add(['sign-in', proof]);
      throw proof === 'malformed' ? new HttpFault('bad_request', {}, 'no sign-in data of Telegram') : refused(`Telegram data ${proof}`);
    }
    const person = proof.kind === 'widget' ? await this.once(proof, trace) : await this.known(proof.telegramId, trace);
    const session = newSession(this.newId(), person, this.tools.times, this.tools.now());
    await this.tools.sessions.add(session);
    this.outcomes.add(['sign-in', proof.kind]);
    this.tools.log('info', 'signed in by Telegram', { system: SYSTEM, userId: person.userId, by: proof.kind });
    return this.tools.tokens.pair(session);
  }

  /**
   * A new pair for a refresh token.
   * @throws HttpFault 401 for one that is not good (one that was used before also ends its session), 503
   */
  async refresh(token: string, trace: Trace): Promise<TokenPair> {
    const claims = await this.tools.tokens.read(token, this.tools.now());
    if (claims === null) {
      this.outcomes.add(['refresh', 'forged']);
      throw refused('no refresh token');
    }
    const key = `${claims.sessionId} ${claims.generation}`;
    const running = this.running.get(key);
    if (running) return running;
    const started = this.turn(claims, trace).finally(() => this.running.delete(key));
    this.running.set(key, started);
    return started;
  }

  /** A widget's data serves once. When nobody could be asked about the person, it may be tried again. */
  private async once(proof: TelegramProof, trace: Trace): Promise<Person> {
    const { replay, now } = this.tools;
    const key = `${SYSTEM}:telegram:${proof.digest}`;
    const owner = this.newId();
    const lifeMs = proof.goodUntil - now() + CLOCK_SKEW_MS;
    const claimed = await replay.claim(key, owner, lifeMs).catch((error) => {
      throw unavailable(`the replay store: ${String(error)}`);
    });
    if (claimed !== 'new') {
      this.outcomes.add(['sign-in', 'replayed']);
      throw refused('Telegram data replayed');
    }
    try {
      const person = await this.known(proof.telegramId, trace);
      await replay.confirm(key, owner, lifeMs);
      return person;
    } catch (error) {
      await replay.release(key, owner).catch(() => undefined);
      throw error;
    }
  }

  private async known(telegramId: number, trace: Trace): Promise<Person> {
    const person = await this.find(telegramId, trace);
    if (person !== null) return person;
    this.outcomes.add(['sign-in', 'unknown']);
    throw new HttpFault('forbidden', {}, 'the product knows nobody with this Telegram id');
  }

  private async find(telegramId: number, trace: Trace): Promise<Person | null> {
    try {
      return await this.tools.people.find(telegramId, trace);
    } catch (error) {
      if (!(error instanceof AuthServiceError)) throw error;
      throw unavailable(`the auth service: ${error.message}`);
    }
  }

  /** Spends a refresh token. */
  private async turn(claims: RefreshClaims, trace: Trace): Promise<TokenPair> {
    const session = await this.tools.sessions.get(claims.sessionId);
    if (session?.generation !== claims.generation) return this.late(session, claims);
    const person = await this.find(session.person.telegramId, trace);
    if (person?.userId !== session.person.userId) return this.gone(session);
    const next = nextGeneration(session, person, this.tools.times, this.tools.now());
    // Another replica may have been faster: then its pair is everybody's.
    if (!(await this.tools.sessions.advance(next))) return this.late(await this.tools.sessions.get(claims.sessionId), claims);
    this.outcomes.add(['refresh', 'rotated']);
    return this.tools.tokens.pair(next);
  }

  /** A token that is not the session's present one. */
  private async late(session: TelegramSession | null, { generation }: RefreshClaims): Promise<TokenPair> {
    const found = session === null ? 'ended' : standing(session, generation, this.tools.times.graceMs, this.tools.now());
    this.outcomes.add(['refresh', found]);
    if (session !== null && found === 'graced') return this.tools.tokens.pair(session);
    if (session !== null && found === 'reused') await this.stolen(session);
    throw refused(`refresh token ${found}`);
  }

  /** The user is no more, or is somebody else. */
  private async gone({ id }: TelegramSession): Promise<never> {
    await this.tools.sessions.end(id);
    this.outcomes.add(['refresh', 'unknown']);
    throw refused('the product knows nobody with this Telegram id any more');
  }

  /**
   * A spent token came back: somebody has what is another's. The session ends, and since access tokens name no session, all of the
   * user's that were issued up to now are withdrawn; other sessions of the user get new ones by a refresh.
   */
  private async stolen({ id, person }: TelegramSession): Promise<void> {
    const now = this.tools.now();
    this.tools.log('warn', 'a spent refresh token came back: the session was ended', { system: SYSTEM, userId: person.userId });
    await this.tools.sessions.end(id);
    const until = now + Math.max(ACCESS_LIFE_MAX_MS, this.tools.times.accessMs) + CLOCK_SKEW_MS;
    await this.tools.revocations.publish({ system: SYSTEM, kind: 'user', id: person.userId, since: now, until });
  }

  private newId(): string {
    return Buffer.from(this.tools.random.bytes(16)).toString('base64url');
  }
}

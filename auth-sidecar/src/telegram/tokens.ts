/** The product's JWT pair: an access token for its services, a refresh token for this sidecar alone. */
import { hkdfSync } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import type { Person } from './person.js';
import type { SessionTimes, TelegramSession } from './session.js';

const ALGORITHM = 'HS256';
const REFRESH_TYPE = 'refresh+jwt';
const TOKEN_MAX = 2048;

/** What clients get. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly tokenType: 'Bearer';
}

/** What a refresh token says. */
export interface RefreshClaims {
  readonly sessionId: string;
  readonly generation: number;
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Signs and reads tokens. The same session gives the same pair, byte for byte. */
export class GongbuTokens {
  private readonly accessKey: Uint8Array;
  private readonly refreshKey: Uint8Array;

  /** @param secret of the product's HS256 tokens */
  constructor(
    secret: string,
    private readonly times: Pick<SessionTimes, 'accessMs'>,
  ) {
    this.accessKey = Buffer.from(secret);
    // A key of its own: nothing that checks access tokens can take a refresh token for one.
    this.refreshKey = new Uint8Array(hkdfSync('sha256', secret, '', 'gatehouse gongbu telegram refresh token', 32));
  }

  /** The pair of a session's present generation. */
  async pair(session: TelegramSession): Promise<TokenPair> {
    const [accessToken, refreshToken] = await Promise.all([this.access(session.person, session.issuedAt), this.refresh(session)]);
    return { accessToken, refreshToken, expiresIn: seconds(this.times.accessMs), tokenType: 'Bearer' };
  }

  /**
   * What a refresh token says; null for one that is none or ended.
   * @param now Unix milliseconds
   */
  async read(token: string, now: number): Promise<RefreshClaims | null> {
    if (token.length > TOKEN_MAX) return null;
    try {
      const options = { algorithms: [ALGORITHM], typ: REFRESH_TYPE, requiredClaims: ['exp'], currentDate: new Date(now) };
      const { payload } = await jwtVerify(token, this.refreshKey, options);
      const { sid, gen } = payload;
      return typeof sid === 'string' && typeof gen === 'number' ? { sessionId: sid, generation: gen } : null;
    } catch {
      // Whatever is wrong with it: it is no token of ours, or not any more.
      return null;
    }
  }

  private access({ userId, telegramId, role, subscriptionPlan, permissions }: Person, issuedAt: number): Promise<string> {
    return new SignJWT({ userId, telegramId, role, subscriptionPlan, permissions })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setIssuedAt(seconds(issuedAt))
      .setExpirationTime(seconds(issuedAt + this.times.accessMs))
      .sign(this.accessKey);
  }

  private refresh({ id, generation, issuedAt, expiresAt }: TelegramSession): Promise<string> {
    return new SignJWT({ sid: id, gen: generation })
      .setProtectedHeader({ alg: ALGORITHM, typ: REFRESH_TYPE })
      .setIssuedAt(seconds(issuedAt))
      .setExpirationTime(seconds(expiresAt))
      .sign(this.refreshKey);
  }
}

/** Development tokens in each product's own form. Never a production secret: whoever has the secret may say anything. */
import { createHmac, createSign, type KeyObject } from 'node:crypto';
import type { System } from './services.js';

/** Claims of a JWT. */
export type Claims = Readonly<Record<string, unknown>>;

/** Systems whose tokens are signed with a shared secret; interview's come from its identity provider. */
export type SecretSystem = Exclude<System, 'interview'>;

/** The secret of each system. */
export type Secrets = Readonly<Record<SecretSystem, string>>;

/** Where interview's tokens say that they come from, by default. */
export const interviewIssuer = 'http://127.0.0.1:8180/realms/ai-video-interview';

const secretVariables: Readonly<Record<SecretSystem, readonly string[]>> = {
  gongbu: ['GONGBU_JWT_SECRET', 'JWT_SECRET'],
  learning: ['LEARNING_JWT_SECRET', 'JWT_SECRET'],
  healthpay: ['HEALTHPAY_JWT_SECRET', 'JWT_SECRET'],
  freelance: ['FREELANCE_JWT_SECRET_KEY', 'JWT_SECRET_KEY'],
};

/** The secrets for development: known to everyone, so worth nothing elsewhere. */
export const developmentSecrets: Secrets = {
  gongbu: 'gongbu-development-secret-never-in-production',
  learning: 'learning-development-secret-never-in-production',
  healthpay: 'healthpay-development-secret-never-in-production',
  freelance: 'freelance-development-secret-never-in-production',
};

/** The secrets of the environment: the system's own name first, then the page's bare name, then the development default. */
export function readSecrets(environment: Readonly<Record<string, string | undefined>>): Secrets {
  const read = (system: SecretSystem): string => {
    const named = secretVariables[system].map((name) => environment[name]).find((value) => value !== undefined && value !== '');
    return named ?? developmentSecrets[system];
  };
  return { gongbu: read('gongbu'), learning: read('learning'), healthpay: read('healthpay'), freelance: read('freelance') };
}

const gongbu = (userId: string, telegramId: number, role: string, subscriptionPlan: string, ...permissions: string[]): Claims => ({
  userId,
  telegramId,
  role,
  subscriptionPlan,
  permissions,
});
const interview = (sub: string, name: string, ...roles: string[]): Claims => ({
  sub,
  preferred_username: name,
  email: `${name}@interview.example`,
  email_verified: true,
  realm_access: { roles },
  sid: `session-${name}`,
  typ: 'Bearer',
  azp: 'ai-video-interview-app',
  aud: 'ai-video-interview-app',
  iss: interviewIssuer,
  scope: 'openid profile email',
});
const freelance = (userId: number, username: string, roles: readonly string[]): Claims => ({
  token_type: 'access',
  user_id: userId,
  username,
  roles,
});

/** What the token of each role says, beside its times. The people are those that the mock services know. */
export const roleClaims: Readonly<Record<System, Readonly<Record<string, Claims>>>> = {
  gongbu: {
    student: gongbu('usr_1001', 700001001, 'student', 'free', 'course:read'),
    creator: gongbu('usr_1002', 700001002, 'creator', 'professional', 'course:read', 'course:create', 'course:update'),
    admin: gongbu('usr_1003', 700001003, 'admin', 'enterprise', 'course:read', 'course:create', 'course:update', 'course:delete'),
  },
  interview: {
    candidate: interview('8f14e45f-ceea-467f-9575-1f0a5b1c0001', 'mina.park', 'candidate'),
    recruiter: interview('8f14e45f-ceea-467f-9575-1f0a5b1c0002', 'david.stone', 'recruiter'),
    admin: interview('8f14e45f-ceea-467f-9575-1f0a5b1c0003', 'ana.silva', 'admin', 'recruiter'),
  },
  learning: {
    student: { sub: 'usr_1003', role: 'student' },
    instructor: { sub: 'usr_1002', role: 'instructor' },
    admin: { sub: 'usr_1001', role: 'admin' },
  },
  healthpay: {
    user: { sub: 'usr_1001', role: 'user', wallets: ['wal_1001', 'wal_1002'] },
    merchant: { sub: 'usr_1002', role: 'merchant', wallets: ['wal_1003'] },
    admin: { sub: 'usr_1003', role: 'admin', wallets: [] },
  },
  freelance: {
    client: freelance(1001, 'lena', ['client']),
    freelancer: freelance(1002, 'omar', ['freelancer']),
    admin: freelance(1003, 'staff', ['admin']),
  },
};

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A compact JWS with HS256 (RFC 7515, RFC 7518 section 3.2). */
export function signHs256(claims: Claims, secret: string): string {
  const input = `${segment({ alg: 'HS256', typ: 'JWT' })}.${segment(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/**
 * A compact JWS with RS256 (RFC 7518 section 3.3).
 * @param kid the key's name in the key set.
 */
export function signRs256(claims: Claims, privateKey: KeyObject, kid: string): string {
  const input = `${segment({ alg: 'RS256', typ: 'JWT', kid })}.${segment(claims)}`;
  return `${input}.${createSign('sha256').update(input).sign(privateKey, 'base64url')}`;
}

/**
 * Adds `iat` and `exp`.
 * @param nowMs milliseconds since the epoch.
 * @param ttlSeconds how long the token holds.
 */
export function withTimes(claims: Claims, nowMs: number, ttlSeconds: number): Claims {
  const iat = Math.floor(nowMs / 1000);
  return { ...claims, iat, exp: iat + ttlSeconds };
}

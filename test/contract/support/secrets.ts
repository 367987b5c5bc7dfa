import { createHash, generateKeyPairSync } from 'node:crypto';
import { type Claims, developmentSecrets, roleClaims, type System, signHs256, signRs256, withTimes } from '@gatehouse/testkit';

/** Secrets of this run alone, in the names of .env.example, for a plane that serves cases. */
export const planeSecrets: Readonly<Record<string, string>> = {
  GONGBU_JWT_SECRET: developmentSecrets.gongbu,
  GONGBU_API_KEY_PEPPER: 'pepper-of-the-contract-tests-0123456789abcdef',
  LEARNING_JWT_SECRET: developmentSecrets.learning,
  LEARNING_API_KEY_PEPPER: 'another-pepper-of-the-contract-tests-0123456789',
  LEARNING_SIGNING_SECRET: 'signing-secret-of-the-contract-tests-0123456789abcdef',
  LEARNING_SERVICE_TOKEN_KEY: JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })),
  HEALTHPAY_JWT_SECRET: developmentSecrets.healthpay,
  HEALTHPAY_FAWRY_SECURE_KEY: 'fawry-key-of-the-contract-tests',
  HEALTHPAY_PAYMOB_HMAC_SECRET: 'paymob-secret-of-the-contract-tests',
  FREELANCE_JWT_SECRET_KEY: developmentSecrets.freelance,
};

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { n, e, kty } = publicKey.export({ format: 'jwk' });
const kid = createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');

/** The key set of the stand-in for interview's identity provider. */
export const issuerKeys = { keys: [{ kty, n, e, kid, use: 'sig', alg: 'RS256' }] };

/** How a case describes a token. */
export interface TokenRequest {
  /** Of the testkit's roles: its claims are the token's. */
  role: string;
  /** Claims on top, each replacing one of the same name; null takes one away. */
  claims: Claims;
  /** Seconds that it holds; a negative number: it ended then. */
  ttl: number;
  /** The secret of somebody else signed it (interview: an unknown key's name stands in it). */
  forged: boolean;
}

/** Makes a token of a system. `issuer` is where interview's identity provider listens. @throws Error for an unknown role */
export function makeToken(system: System, { role, claims, ttl, forged }: TokenRequest, issuer: string): string {
  const own = roleClaims[system][role];
  if (own === undefined) throw new Error(`${system} has no role "${role}": one of ${Object.keys(roleClaims[system]).join(', ')}`);
  const realm = system === 'interview' ? { iss: issuer } : {};
  const all = { ...withTimes({ ...own, ...realm }, Date.now(), ttl), ...claims };
  const said = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  if (system === 'interview') return signRs256(said, privateKey, forged ? 'nobody' : kid);
  return signHs256(said, forged ? 'a-secret-that-is-not-the-right-one-at-all' : developmentSecrets[system]);
}

import { createHmac, createVerify, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { developmentSecrets, readSecrets, roleClaims, signHs256, signRs256, withTimes } from './tokens.js';

const parts = (token: string): [string, string, string] => token.split('.') as [string, string, string];
const decode = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());

describe('tokens', () => {
  test('HS256 signs header and payload as RFC 7515 says', () => {
    const [header, payload, signature] = parts(signHs256({ sub: 'x' }, 'secret'));
    expect(decode(header)).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(decode(payload)).toEqual({ sub: 'x' });
    expect(signature).toBe(createHmac('sha256', 'secret').update(`${header}.${payload}`).digest('base64url'));
  });

  test('RS256 verifies with the public key and names it', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const [header, payload, signature] = parts(signRs256({ sub: 'x' }, privateKey, 'dev'));
    expect(decode(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'dev' });
    const verified = createVerify('sha256').update(`${header}.${payload}`).verify(publicKey, signature, 'base64url');
    expect(verified).toBe(true);
  });

  test('times are whole seconds', () => {
    expect(withTimes({ sub: 'x' }, 1_700_000_000_999, 60)).toEqual({ sub: 'x', iat: 1_700_000_000, exp: 1_700_000_060 });
  });

  test('each system has its own form', () => {
    expect(roleClaims.gongbu['creator']).toMatchObject({ userId: 'usr_1002', role: 'creator', subscriptionPlan: 'professional' });
    expect(roleClaims.learning['student']).toEqual({ sub: 'usr_1003', role: 'student' });
    expect(roleClaims.freelance['client']).toMatchObject({ user_id: 1001 });
    expect(roleClaims.interview['admin']).toMatchObject({ aud: 'ai-video-interview-app', realm_access: { roles: ['admin', 'recruiter'] } });
  });

  test("a secret's own name wins over the bare one, and that over the default", () => {
    expect(readSecrets({})).toEqual(developmentSecrets);
    expect(readSecrets({ JWT_SECRET: 'bare' })).toMatchObject({
      gongbu: 'bare',
      learning: 'bare',
      freelance: developmentSecrets.freelance,
    });
    expect(readSecrets({ JWT_SECRET: 'bare', GONGBU_JWT_SECRET: 'own', JWT_SECRET_KEY: 'key' })).toMatchObject({
      gongbu: 'own',
      healthpay: 'bare',
      freelance: 'key',
    });
  });
});

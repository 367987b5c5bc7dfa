import { createPublicKey, createVerify, type JsonWebKey } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { developmentSecrets, roleClaims, signHs256, systems } from '@gatehouse/testkit';
import { afterAll, describe, expect, test } from '@jest/globals';
import { developmentKey } from './development-key.js';
import { readSettings, type Variables } from './settings.js';
import { isProduction, makeToken, parseClaims, type TokenMaker } from './token.js';

const folder = mkdtempSync(path.join(tmpdir(), 'keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const maker = (variables: Variables = {}): TokenMaker => ({
  settings: readSettings(variables),
  variables,
  now: 1_700_000_000_000,
  key: () => developmentKey(folder),
});
const claimsOf = (token: string): Record<string, unknown> => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('token', () => {
  test.each(systems.filter((system) => system !== 'interview'))('%s: every role, HS256 with the development secret', (system) => {
    for (const [role, claims] of Object.entries(roleClaims[system])) {
      const { token, note } = makeToken(maker(), system, role);
      expect(claimsOf(token)).toEqual({ ...claims, iat: 1_700_000_000, exp: 1_700_043_200 });
      expect(token).toBe(signHs256(claimsOf(token), developmentSecrets[system]));
      expect(note).toContain('development secret');
    }
  });

  test("the environment's secret is used and said", () => {
    const { token, note } = makeToken(maker({ LEARNING_JWT_SECRET: 'other' }), 'learning', 'student');
    expect(token).toBe(signHs256(claimsOf(token), 'other'));
    expect(note).toContain('of the environment');
  });

  test('interview: RS256 with a key that is made once and kept to its owner', () => {
    const { token } = makeToken(maker({ KEYCLOAK_ISSUER_URL: 'https://id.example/realms/r' }), 'interview', 'candidate');
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const { jwks, kid } = developmentKey(folder);
    const publicKey = createPublicKey({ key: jwks.keys[0] as JsonWebKey, format: 'jwk' });
    expect(createVerify('sha256').update(`${header}.${payload}`).verify(publicKey, signature, 'base64url')).toBe(true);
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({ alg: 'RS256', kid });
    expect(claimsOf(token)).toMatchObject({ iss: 'https://id.example/realms/r', aud: 'ai-video-interview-app' });
    expect(statSync(path.join(folder, 'interview-development-key.pem')).mode & 0o777).toBe(0o600);
  });

  test('claims on top replace those of the role', () => {
    const extra = parseClaims(['permissions=["a","b"]', 'note=x=y', 'exp=5', 'role=admin', 'empty=']);
    const { token } = makeToken(maker(), 'gongbu', 'student', extra);
    expect(claimsOf(token)).toMatchObject({ permissions: ['a', 'b'], note: 'x=y', exp: 5, role: 'admin', empty: '', userId: 'usr_1001' });
    expect(() => parseClaims(['nothing'])).toThrow('name=value');
  });

  test('an unknown system or role names those that there are', () => {
    expect(() => makeToken(maker(), 'kong', 'admin')).toThrow('one of gongbu, interview');
    expect(() => makeToken(maker(), 'gongbu', 'constructor')).toThrow('one of student, creator, admin');
  });

  test('production is known', () => {
    expect([isProduction({}), isProduction({ NODE_ENV: 'production' })]).toEqual([false, true]);
  });
});

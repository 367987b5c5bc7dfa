import { createHmac, verify } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { publicKey, secret, token } from './tokens.js';

const parts = (text: string): [input: string, signature: string, claims: unknown] => {
  const [head = '', claims = '', signature = ''] = text.split('.');
  return [`${head}.${claims}`, signature, JSON.parse(Buffer.from(claims, 'base64url').toString())];
};

test('HS256 is signed with the secret, or with another', () => {
  const [input, signature, claims] = parts(token('HS256', 'u', ['p']));
  expect(claims).toMatchObject({ sub: 'u', permissions: ['p'] });
  expect(signature).toBe(createHmac('sha256', secret).update(input).digest('base64url'));
  expect(parts(token('HS256', 'u', ['p'], 'other'))[1]).not.toBe(signature);
});

test('RS256 is signed with the pair of the public key', () => {
  const [input, signature] = parts(token('RS256', 'u', []));
  expect(verify('sha256', Buffer.from(input), publicKey(), Buffer.from(signature, 'base64url'))).toBe(true);
});

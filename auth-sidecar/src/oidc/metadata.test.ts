import { describe, expect, test } from '@jest/globals';
import { MetadataError, parseMetadata } from './metadata.js';

const ISSUER = 'https://id.example/realms/r';
const good = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/auth`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/certs`,
  end_session_endpoint: `${ISSUER}/logout`,
  revocation_endpoint: `${ISSUER}/revoke`,
  userinfo_endpoint: `${ISSUER}/userinfo`,
};
const read = (changed: object, issuer = ISSUER) => parseMetadata(JSON.stringify({ ...good, ...changed }), issuer);

describe('a discovery document', () => {
  test('is read', () => {
    expect(read({ more: 1 })).toMatchObject(good);
  });

  test.each([
    ['of another issuer', { issuer: 'https://evil.example/realms/r' }, /another issuer/],
    ['with a slash more', { issuer: `${ISSUER}/` }, /another issuer/],
    ['without keys', { jwks_uri: undefined }, /lacks jwks_uri/],
    ['with an address that is none', { token_endpoint: 'file:///etc/passwd' }, /lacks token_endpoint/],
  ])('%s can not be used', (_, changed, why) => {
    expect(() => read(changed)).toThrow(why);
    expect(() => read(changed)).toThrow(MetadataError);
  });

  test.each(Object.keys(good).filter((name) => name !== 'issuer'))(
    'of an issuer behind TLS names no %s without it: keys could be forged, secrets read on the way',
    (name) => {
      expect(() => read({ [name]: 'http://id.example/plain' })).toThrow(`${name} is not https`);
    },
  );

  test('of an issuer without TLS may go on without', () => {
    const plain = Object.fromEntries(Object.entries(good).map(([name, value]) => [name, value.replace('https:', 'http:')]));
    expect(read(plain, 'http://id.example/realms/r')).toMatchObject(plain);
  });

  test.each(['', '[]', 'null', '{', '"x"'])('that is %j is none', (text) => {
    expect(() => parseMetadata(text, ISSUER)).toThrow(MetadataError);
  });
});

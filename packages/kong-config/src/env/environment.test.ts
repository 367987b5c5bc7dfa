import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addressPart, parseAddresses, splitList } from './address.js';
import { Environment } from './environment.js';
import { hasCredentials, isSecretName } from './secrets.js';

const systems = ['gongbu', 'learning'];
const defaults = {
  GONGBU_AUTH_SERVICE_URL: 'http://default:1',
  LEARNING_AUTH_SERVICE_URL: 'http://a:1,http://b:2',
  GONGBU_COURSE_SERVICE_URL: 'http://course:1',
  SIDECAR_URL: 'http://sidecar:1',
};
const environment = (values: Record<string, string>, alone?: string) => new Environment({ values, defaults, systems, alone });

describe('Environment', () => {
  test('takes DECK_ before the prefixed name before the default', () => {
    const name = 'DECK_GONGBU_AUTH_SERVICE_URL';
    const values = { DECK_GONGBU_AUTH_SERVICE_URL: 'deck', GONGBU_AUTH_SERVICE_URL: 'prefixed' };
    expect(environment(values).find(name)?.value).toBe('deck');
    expect(environment({ GONGBU_AUTH_SERVICE_URL: 'prefixed' }).find(name)?.value).toBe('prefixed');
    expect(environment({}).find(name)).toEqual({ value: 'http://default:1', name: 'GONGBU_AUTH_SERVICE_URL', explicit: false });
  });

  test('takes a bare name only where it means one system', () => {
    const values = { AUTH_SERVICE_URL: 'bare', COURSE_SERVICE_URL: 'bare course' };
    expect(environment(values).find('DECK_GONGBU_AUTH_SERVICE_URL')?.value).toBe('http://default:1');
    expect(environment(values).find('DECK_GONGBU_COURSE_SERVICE_URL')?.value).toBe('bare course');
    expect(environment(values, 'gongbu').find('DECK_GONGBU_AUTH_SERVICE_URL')?.value).toBe('bare');
    expect(environment(values, 'learning').find('DECK_GONGBU_AUTH_SERVICE_URL')?.value).toBe('http://default:1');
  });

  test('lets the prefixed name win over the bare one', () => {
    const values = { AUTH_SERVICE_URL: 'bare', GONGBU_AUTH_SERVICE_URL: 'prefixed' };
    expect(environment(values, 'gongbu').find('DECK_GONGBU_AUTH_SERVICE_URL')?.value).toBe('prefixed');
  });

  test('says under which name a secret was set', () => {
    expect(environment({ COURSE_SERVICE_URL: 'x' }).nameOf('GONGBU_COURSE_SERVICE_URL')).toBe('COURSE_SERVICE_URL');
    expect(environment({ AUTH_SERVICE_URL: 'x' }).nameOf('GONGBU_AUTH_SERVICE_URL')).toBe('GONGBU_AUTH_SERVICE_URL');
    expect(environment({ AUTH_SERVICE_URL: 'x' }, 'gongbu').nameOf('GONGBU_AUTH_SERVICE_URL')).toBe('AUTH_SERVICE_URL');
    const both = { AUTH_SERVICE_URL: 'x', GONGBU_AUTH_SERVICE_URL: 'y' };
    expect(environment(both, 'gongbu').nameOf('GONGBU_AUTH_SERVICE_URL')).toBe('GONGBU_AUTH_SERVICE_URL');
    expect(environment({}).nameOf('NOBODY')).toBe('NOBODY');
  });

  test('takes an empty value for unset', () => {
    expect(environment({ GONGBU_AUTH_SERVICE_URL: '' }).find('DECK_GONGBU_AUTH_SERVICE_URL')?.value).toBe('http://default:1');
  });

  test('takes addresses apart', () => {
    const found = environment({}).find('DECK_LEARNING_AUTH_SERVICE_TARGETS');
    expect(found).toEqual({ value: 'a:1,b:2', name: 'LEARNING_AUTH_SERVICE_URL', explicit: false });
    expect(environment({}).find('DECK_LEARNING_AUTH_SERVICE_PROTOCOL')?.value).toBe('http');
    expect(environment({}).find('DECK_LEARNING_AUTH_SERVICE_PATH')?.value).toBe('');
  });

  test('a part that is set itself is not derived', () => {
    const values = { DECK_LEARNING_AUTH_SERVICE_TARGETS: 'x:9' };
    expect(environment(values).find('DECK_LEARNING_AUTH_SERVICE_TARGETS')?.value).toBe('x:9');
  });

  test('finds nothing for a name that nobody knows', () => {
    expect(environment({}).find('DECK_NOPE')).toBeUndefined();
    expect(environment({}).knows('DECK_NOPE')).toBe(false);
    expect(environment({}).knows('DECK_LEARNING_AUTH_SERVICE_TARGETS')).toBe(true);
  });

  test('a value equal to the default is not explicit', () => {
    expect(environment({ SIDECAR_URL: 'http://sidecar:1' }).find('DECK_SIDECAR_URL')?.explicit).toBe(false);
    expect(environment({ SIDECAR_URL: 'http://other:1' }).find('DECK_SIDECAR_URL')?.explicit).toBe(true);
  });
});

describe('addresses', () => {
  test('split at commas, without blanks', () => {
    expect(splitList(' a, ,b,')).toEqual(['a', 'b']);
  });

  test.each(['', 'nope', 'ftp://a', 'http://a,b', 'http://a/?q=1', 'http://a/#f'])('refuse %s', (value) => {
    expect(() => parseAddresses(value)).toThrow(expect.objectContaining({ code: 'GH_ADDRESS' }));
  });

  test('know default ports and IPv6', () => {
    expect(addressPart('http://a,https://b', 'TARGETS')).toBe('a:80,b:443');
    expect(addressPart('http://[::1]:9101', 'TARGETS')).toBe('[::1]:9101');
  });

  test('must agree in protocol and path', () => {
    expect(() => addressPart('http://a,https://b', 'PROTOCOL')).toThrow('differ in protocol');
    expect(() => addressPart('http://a/x,http://b/y', 'PATH')).toThrow('differ in path');
    expect(addressPart('http://a/x,http://b/x', 'PATH')).toBe('/x');
  });

  test('as many targets as addresses, in their order', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(fc.array(port, { minLength: 1, maxLength: 20 }), (ports) => {
        const value = ports.map((p) => `http://h:${p}`).join(',');
        expect(addressPart(value, 'TARGETS')).toBe(ports.map((p) => `h:${p}`).join(','));
      }),
    );
  });
});

describe('secrets', () => {
  test.each(['JWT_SECRET', 'FREELANCE_JWT_SECRET_KEY', 'API_KEY_PEPPER', 'TELEGRAM_BOT_TOKEN', 'REDIS_PASSWORD', 'DB_DSN', 'PRIVATE_PEM'])(
    '%s is the name of one',
    (name) => expect(isSecretName(name)).toBe(true),
  );
  test.each(['KEYCLOAK_ISSUER_URL', 'CORS_CREDENTIALS', 'TOKENIZER_X', 'HOSTS', 'KEYBOARD', 'ACCESS_TOKEN_SECONDS'])(
    '%s is not',
    (name) => {
      expect(isSecretName(name)).toBe(false);
    },
  );
  test('an address with a password holds one', () => {
    expect(hasCredentials('redis://:pw@host:6379')).toBe(true);
    expect(hasCredentials('http://user@host')).toBe(true);
    expect(hasCredentials('http://host/a@b')).toBe(false);
    expect(hasCredentials('mail@host')).toBe(false);
  });
});

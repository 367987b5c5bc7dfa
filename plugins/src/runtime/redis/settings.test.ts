import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { secretsFrom } from '../secrets.js';
import { redisSettings } from './settings.js';

type Environment = Record<string, string>;

const read = (environment: Environment, system = 'gongbu', fields?: object) => {
  const settings = redisSettings(environment, secretsFrom(environment), system, fields);
  return settings && { ...settings, password: settings.password() };
};
const plain = { host: 'h', port: 6379, username: null, password: null, database: 0, tls: null, deadlineMs: 50 };

describe('by the environment', () => {
  test.each<[Environment, object | null]>([
    [{}, null],
    [{ GONGBU_REDIS_URL: '' }, null],
    [{ GONGBU_REDIS_URL: 'redis://h' }, plain],
    [{ GONGBU_REDIS_URL: 'redis://u:p%40ss@h:7000/3' }, { ...plain, port: 7000, username: 'u', password: 'p@ss', database: 3 }],
    [{ GONGBU_REDIS_URL: 'rediss://[::1]:7000' }, { ...plain, host: '::1', port: 7000, tls: { ca: null } }],
    [
      { GONGBU_REDIS_URL: 'redis://h', GONGBU_REDIS_PASSWORD: 'p', GONGBU_REDIS_TLS: 'true' },
      { ...plain, password: 'p', tls: { ca: null } },
    ],
    [
      { GONGBU_REDIS_HOST: 'h', GONGBU_REDIS_PORT: '7000', GONGBU_REDIS_DB: '2' },
      { ...plain, port: 7000, database: 2 },
    ],
    [{ GONGBU_REDIS_URL: 'redis://h', REDIS_URL: 'redis://other', GONGBU_REDIS_HOST: 'third' }, plain],
    [{ GONGBU_REDIS_HOST: 'h', REDIS_URL: 'redis://other' }, plain],
    [{ REDIS_URL: 'redis://h', INTERVIEW_REDIS_URL: 'redis://other' }, plain],
    [
      { REDIS_HOST: 'h', REDIS_USERNAME: 'u', REDIS_PASSWORD: 'p' },
      { ...plain, username: 'u', password: 'p' },
    ],
    [{ REDIS_PORT: '7000' }, null],
    [
      { GONGBU_REDIS_HOST: 'h', GONGBU_REDIS_DEADLINE_MS: '2000' },
      { ...plain, deadlineMs: 2000 },
    ],
    [{ GONGBU_REDIS_URL: 'redis://h', REDIS_DEADLINE_MS: '2000' }, plain],
  ])('%j', (environment, expected) => expect(read(environment)).toEqual(expected));

  test('a system’s dashes are underscores there, and no system has the bare names', () => {
    expect(read({ MY_SHOP_REDIS_HOST: 'h' }, 'my-shop')).toEqual(plain);
    expect(read({ REDIS_HOST: 'h' }, '')).toEqual(plain);
    expect(read({ _REDIS_HOST: 'h' }, '')).toBeNull();
  });

  test('a certificate authority comes from a file and turns TLS on', () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ca-')), 'ca.pem');
    fs.writeFileSync(file, 'PEM\n');
    expect(read({ REDIS_HOST: 'h', REDIS_CA_FILE: file })).toEqual({ ...plain, tls: { ca: 'PEM' } });
  });

  test.each<[Environment, string]>([
    [{ REDIS_URL: 'http://h' }, 'REDIS_URL'],
    [{ REDIS_URL: 'redis://' }, 'REDIS_URL'],
    [{ REDIS_URL: 'redis://secret:word@h/x' }, 'REDIS_URL'],
    [{ GONGBU_REDIS_HOST: 'h', GONGBU_REDIS_PORT: '70000' }, 'GONGBU_REDIS_PORT'],
    [{ REDIS_HOST: 'h', REDIS_DB: '-1' }, 'REDIS_DB'],
    [{ REDIS_HOST: 'h', REDIS_DEADLINE_MS: '0' }, 'REDIS_DEADLINE_MS'],
    [{ REDIS_URL: 'redis://h', REDIS_DEADLINE_MS: '10001' }, 'REDIS_DEADLINE_MS'],
    [{ REDIS_HOST: 'h', REDIS_CA_FILE: '/nowhere' }, '/nowhere'],
  ])('%j is refused by its name, never by its value', (environment, name) => {
    expect(() => read(environment)).toThrow(name);
    expect(() => read(environment)).not.toThrow('word');
  });
});

describe('by a configuration', () => {
  test('it wins over the environment', () => {
    const environment = { GONGBU_REDIS_URL: 'redis://other', MINE: 'redis://h', PASS: 'p' };
    expect(read(environment, 'gongbu', { url: 'env:MINE', password: 'env:PASS' })).toEqual({ ...plain, password: 'p' });
    expect(read({ H: 'h', P: '7000', U: 'u' }, 'gongbu', { host: 'env:H', port: 'env:P', username: 'env:U' })).toEqual({
      ...plain,
      port: 7000,
      username: 'u',
    });
  });

  test('what it names must be there', () => {
    expect(() => read({}, 'gongbu', { url: 'env:MINE' })).toThrow('env:MINE');
    expect(() => read({ MINE: 'nonsense' }, 'gongbu', { url: 'env:MINE' })).toThrow('env:MINE');
  });
});

import { expect, test } from '@jest/globals';
import { configOf, faultsIn, withPlugin } from '../testing/load-text.js';
import { environmentResolver } from './vault.js';

const resolveReference = environmentResolver({ MY_SECRET: 'a', APP_HOOK: 'b', JSON_SECRET: '{"k":"c","n":1}', EMPTY: '' });

function secret(reference: string): unknown {
  const text = `vaults: [{name: env, prefix: my-app, config: {prefix: app-}}]\n${withPlugin(`{name: standard-webhooks, config: {secret_v1: "${reference}"}}`)}`;
  return faultsIn(text, { resolveReference }).length > 0 ? null : configOf(text, { resolveReference }).plugins[0]?.config['secret_v1'];
}

test.each([
  ['{vault://env/my-secret}', 'a'],
  ['{vault://env/my_secret}', 'a'],
  ['{vault://my-app/hook}', 'b'],
  ['{vault://env/hook?prefix=app_}', 'b'],
  ['{vault://env/json-secret/k}', 'c'],
  ['{vault://env/json-secret/n}', null],
  ['{vault://env/my-secret/k}', null],
  ['{vault://env/unset}', null],
  ['{vault://env/empty}', null],
  ['{vault://other/my-secret}', null],
  ['{vault://env}', null],
  ['{vault://env/}', null],
  ['{vault://env/%zz}', null],
])('%s is %p', (reference, value) => {
  expect(secret(reference)).toBe(value);
});

import crypto from 'node:crypto';
import { expect, test } from '@jest/globals';
import { fakeEnvironment, fakeExchange } from '../testing/fake-exchange.js';
import { basicAuth } from './index.js';

const digest = (password: string, consumer: string): string => crypto.createHash('sha1').update(`${password}${consumer}`).digest('hex');
const people = {
  consumers: [
    { id: 'a1', username: 'alice' },
    { id: 'anon', username: 'anon' },
  ],
  credentials: {
    basicauth_credentials: [
      { username: 'al', password: digest('s3cret:x', 'a1'), consumer: { id: 'a1' } },
      { username: 'é', password: digest('ü', 'a1'), consumer: { id: 'a1' } },
    ],
  },
};
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

async function ask(config: Record<string, unknown>, headers: Record<string, string>) {
  const plugin = basicAuth.create({ anonymous: null, hide_credentials: false, realm: 'service', ...config }, fakeEnvironment(people));
  const exchange = fakeExchange({ headers });
  return { exit: await plugin.access?.(exchange), exchange };
}

test.each([
  [{ Authorization: basic('al:s3cret:x') }, true],
  [{ Authorization: basic('al:s3cret:x').replace('Basic ', 'basic') }, true],
  [{ Authorization: `${basic('al:s3cret:x')}=ignored` }, true],
  [{ Authorization: basic('é:ü') }, true],
  [{ Authorization: basic(':al:s3cret:x') }, true],
  [{ 'Proxy-Authorization': basic('al:s3cret:x') }, true],
  [{ 'Proxy-Authorization': basic('no:x'), Authorization: basic('al:s3cret:x') }, true],
  [{ 'Proxy-Authorization': basic('al:wrong'), Authorization: basic('al:s3cret:x') }, false],
  [{ Authorization: basic('al:wrong') }, false],
  [{ Authorization: basic('nobody:x') }, false],
  [{ Authorization: basic('al') }, false],
  [{ Authorization: basic(':::') }, false],
  [{ Authorization: 'Basic !!!' }, false],
  [{ Authorization: 'Basic' }, false],
  [{ Authorization: 'Bearer x' }, false],
  [{}, false],
] as [Record<string, string>, boolean][])('%j: %s', async (headers, known) => {
  const { exit, exchange } = await ask({}, headers);
  expect(exchange.consumer?.id).toBe(known ? 'a1' : undefined);
  if (!known) expect(exit).toMatchObject({ status: 401, headers: { 'WWW-Authenticate': 'Basic realm="service"' } });
});

test('the service learns the name, and the header only where it is not hidden', async () => {
  const shown = await ask({}, { Authorization: basic('al:s3cret:x') });
  expect(shown.exchange.request.headers.get('x-credential-identifier')).toBe('al');
  expect(shown.exchange.request.headers.has('authorization')).toBe(true);
  const hidden = await ask({ hide_credentials: true }, { Authorization: basic('al:s3cret:x') });
  expect(hidden.exchange.request.headers.has('authorization')).toBe(false);
});

test('anonymous', async () => {
  const { exit, exchange } = await ask({ anonymous: 'anon' }, {});
  expect([exit, exchange.consumer?.id]).toEqual([undefined, 'anon']);
});

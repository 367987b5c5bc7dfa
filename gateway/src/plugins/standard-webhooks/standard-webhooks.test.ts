import crypto from 'node:crypto';
import { expect, test } from '@jest/globals';
import { fakeEnvironment, fakeExchange } from '../testing/fake-exchange.js';
import { standardWebhooks } from './index.js';

const NOW = 1_700_000_000;
const sign = (text: string, secret = 'hush'): string => `v1,${crypto.createHmac('sha256', secret).update(text).digest('base64')}`;
const headersOf = (timestamp: string | number, signature: string) => ({
  'webhook-id': 'msg_1',
  'webhook-timestamp': String(timestamp),
  'webhook-signature': signature,
});

test.each([
  ['signed', headersOf(NOW, sign(`msg_1.${NOW}.{}`)), '{}', undefined],
  ['in time', headersOf(NOW - 300, sign(`msg_1.${NOW - 300}.{}`)), '{}', undefined],
  ['from the future', headersOf(NOW + 9999, sign(`msg_1.${NOW + 9999}.{}`)), '{}', undefined],
  ['too old', headersOf(NOW - 301, sign(`msg_1.${NOW - 301}.{}`)), '{}', 400],
  ['no time', headersOf('soon', sign('msg_1.0.{}')), '{}', 400],
  ['another body', headersOf(NOW, sign(`msg_1.${NOW}.{}`)), '{"x":1}', 400],
  ['another secret', headersOf(NOW, sign(`msg_1.${NOW}.{}`, 'x')), '{}', 400],
  ['no body', headersOf(NOW, sign(`msg_1.${NOW}.`)), null, 400],
  ['an empty body', headersOf(NOW, sign(`msg_1.${NOW}.`)), '', 400],
  ['no headers', {}, '{}', 400],
] as [string, Record<string, string>, string | null, number | undefined][])('%s', async (_, headers, body, status) => {
  const plugin = standardWebhooks.create({ secret_v1: 'hush', tolerance_second: 300 }, fakeEnvironment());
  expect((await plugin.access?.(fakeExchange({ headers, body })))?.status).toBe(status);
});

import { expect, test } from '@jest/globals';
import type { PluginInstance } from '../../plugin.js';
import { type FakeRequest, fakeEnvironment, fakeExchange } from '../testing/fake-exchange.js';
import { requestSizeLimiting } from './index.js';

const plugin = (config: Record<string, unknown>): PluginInstance =>
  requestSizeLimiting.create({ allowed_payload_size: 10, size_unit: 'bytes', require_content_length: false, ...config }, fakeEnvironment());

const rows: [string, Record<string, unknown>, FakeRequest, number | undefined][] = [
  ['a body at the limit', {}, { body: 'x'.repeat(10) }, undefined],
  ['a body over the limit', {}, { body: 'x'.repeat(11) }, 413],
  ['kilobytes are 1024', { allowed_payload_size: 1, size_unit: 'kilobytes' }, { body: 'x'.repeat(1024) }, undefined],
  ['over a kilobyte', { allowed_payload_size: 1, size_unit: 'kilobytes' }, { body: 'x'.repeat(1025) }, 413],
  ['megabytes', { allowed_payload_size: 1, size_unit: 'megabytes' }, { body: 'x'.repeat(1_048_577) }, 413],
  ['a client that waits', {}, { body: 'x'.repeat(11), headers: { Expect: ' 100-Continue' } }, 417],
  ['chunked at the limit', {}, { body: 'x'.repeat(10), chunked: true, headers: { 'Transfer-Encoding': 'chunked' } }, undefined],
  ['chunked over the limit', {}, { body: 'x'.repeat(11), chunked: true, headers: { 'Transfer-Encoding': 'chunked' } }, 413],
  ['no body', {}, {}, undefined],
  ['no body and a limit below nothing', { allowed_payload_size: -1 }, {}, 413],
  ['no body but a length is required', { require_content_length: true }, {}, 411],
  [
    'chunked where a length is required',
    { require_content_length: true },
    { body: 'x', chunked: true, headers: { 'Transfer-Encoding': 'chunked' } },
    undefined,
  ],
];

test.each(rows)('%s', async (_, config, request, status) => {
  const exit = await plugin(config).access?.(fakeExchange(request));
  expect(exit?.status).toBe(status);
});

test('the body says why', async () => {
  const exit = await plugin({}).access?.(fakeExchange({ body: 'x'.repeat(11) }));
  expect(JSON.parse(String(exit?.body))).toEqual({
    message: 'Request size limit exceeded',
    request_id: '0123456789abcdef0123456789abcdef',
  });
});

test('a declared length is decided without a promise', () => {
  expect(plugin({}).access?.(fakeExchange({ body: 'x' }))).toBeUndefined();
});

test('a body that fails otherwise is not called too large', async () => {
  const exchange = { ...fakeExchange({ body: 'x', chunked: true }), bodySize: () => Promise.reject(new Error('gone')) };
  await expect(plugin({}).access?.(exchange)).rejects.toThrow('gone');
});

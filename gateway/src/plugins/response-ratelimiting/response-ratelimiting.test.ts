import { describe, expect, test } from '@jest/globals';
import type { PluginInstance } from '../../plugin.js';
import { fakeEnvironment, fakeExchange, responseHead, runThrough } from '../testing/fake-exchange.js';
import { responseRateLimiting } from './index.js';

const defaults = {
  limits: { video: { hour: 3, day: null }, image: { minute: 10 } },
  header_name: 'X-Kong-Limit',
  limit_by: 'ip',
  policy: 'local',
  block_on_first_violation: false,
  hide_client_headers: false,
};
const plugin = (config: Record<string, unknown> = {}): PluginInstance =>
  responseRateLimiting.create({ ...defaults, ...config }, fakeEnvironment());
const answer = (used: string) => ({ headers: { 'X-Kong-Limit': used, 'Content-Length': '1' }, body: 'x' });
const ask = (instance: PluginInstance, used?: string) =>
  runThrough(instance, fakeExchange(), used === undefined ? { body: 'x' } : answer(used));

describe('what an answer uses up', () => {
  test('is told and counted for the next', async () => {
    const instance = plugin();
    expect((await ask(instance, 'video=2, other=1')).headers).toEqual({
      'content-length': '1',
      'x-ratelimit-remaining-video': '3',
      'x-ratelimit-limit-video-hour': '3',
      'x-ratelimit-remaining-video-hour': '1',
      'x-ratelimit-remaining-image': '10',
      'x-ratelimit-limit-image-minute': '10',
      'x-ratelimit-remaining-image-minute': '10',
    });
    expect((await ask(instance, 'video=2,image = 1')).headers).toMatchObject({
      'x-ratelimit-remaining-video': '1',
      'x-ratelimit-remaining-video-hour': '0',
      'x-ratelimit-remaining-image-minute': '9',
    });
    expect((await ask(instance)).headers).toMatchObject({ 'x-ratelimit-remaining-video': '-1', 'x-ratelimit-remaining-video-hour': '0' });
  });

  test('past the limit the answer is taken back and not counted', async () => {
    const instance = plugin();
    await ask(instance, 'video=3');
    for (let i = 0; i < 2; i++) {
      const stopped = await ask(instance, 'video=1');
      expect(stopped).toMatchObject({ status: 429, body: '', headers: { 'content-length': '0', 'x-ratelimit-remaining-video': '0' } });
    }
    expect((await ask(instance, 'image=1')).status).toBe(200);
  });

  test('block_on_first_violation refuses before the service is asked', async () => {
    const instance = plugin({ block_on_first_violation: true });
    await ask(instance, 'video=3');
    expect(await ask(instance)).toMatchObject({ status: 429, body: expect.stringContaining("API rate limit exceeded for 'video'") });
  });

  test.each(['video', 'video=', 'video=x', 'video=1=2', '=1', ''])('%j uses nothing up', async (used) => {
    const instance = plugin();
    await ask(instance, used);
    expect((await ask(instance)).headers['x-ratelimit-remaining-video']).toBe('3');
  });
});

test('hide_client_headers leaves what access has said', async () => {
  const { headers } = await ask(plugin({ hide_client_headers: true }), 'video=1');
  expect(Object.keys(headers).sort()).toEqual(['content-length', 'x-ratelimit-remaining-image', 'x-ratelimit-remaining-video']);
});

test('an answer of the gateway uses nothing up', async () => {
  const instance = plugin();
  const exchange = fakeExchange();
  await instance.access?.(exchange);
  const head = responseHead(502, { 'X-Kong-Limit': 'video=2' }, 'error');
  instance.headerFilter?.(exchange, head);
  expect(head.headers.get('x-ratelimit-remaining-video-hour')).toBe('3');
});

test('without limits nothing happens', async () => {
  expect((await ask(plugin({ limits: {} }), 'video=1')).headers).toMatchObject({ 'x-kong-limit': 'video=1' });
});

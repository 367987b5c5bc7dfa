import { describe, expect, test } from '@jest/globals';
import type { PluginInstance } from '../../plugin.js';
import { fakeEnvironment, fakeExchange, plainHeaders, runThrough } from '../testing/fake-exchange.js';
import { correlationId } from './index.js';

const defaults = { header_name: 'Kong-Request-ID', generator: 'uuid#counter', echo_downstream: false };
const plugin = (config: Record<string, unknown> = {}, environment = fakeEnvironment()): PluginInstance =>
  correlationId.create({ ...defaults, ...config }, environment);

const first = '00000000-0000-4000-8000-000000000001';

describe('generators', () => {
  test.each([
    ['uuid', first],
    ['uuid#counter', `${first}#1`],
    ['tracker', `127.0.0.1-8000-${process.pid}-7-2-1700000000.000`],
  ])('%s', async (generator, id) => {
    const exchange = fakeExchange();
    const { headers } = await runThrough(plugin({ generator }), exchange);
    expect(plainHeaders(exchange.request.headers)['kong-request-id']).toBe(id);
    expect(headers).toEqual({});
  });

  test('the counter is one for the process, across instances', async () => {
    const environment = fakeEnvironment();
    const ids: (string | undefined)[] = [];
    for (const instance of [plugin({}, environment), plugin({ header_name: 'Kong-Request-ID' }, environment)]) {
      const exchange = fakeExchange();
      await runThrough(instance, exchange);
      ids.push(exchange.request.headers.get('kong-request-id'));
    }
    expect(ids).toEqual([`${first}#1`, `${first}#2`]);
  });
});

describe('echo', () => {
  const config = { header_name: 'X_Cid', generator: 'uuid', echo_downstream: true };

  test('the id of the client stays, the first of several is echoed', async () => {
    const exchange = fakeExchange({ headers: { X_Cid: ['one', 'two'] } });
    const { headers } = await runThrough(plugin(config), exchange, { headers: { 'X-Cid': 'theirs' } });
    expect(exchange.request.headers.getAll('x_cid')).toEqual(['one', 'two']);
    expect(headers).toEqual({ 'x-cid': 'one' });
  });

  test('an empty id is replaced', async () => {
    const exchange = fakeExchange({ headers: { X_Cid: '' } });
    const { headers } = await runThrough(plugin(config), exchange);
    expect(exchange.request.headers.get('x_cid')).toBe(first);
    expect(headers).toEqual({ 'x-cid': first });
  });

  test('what changes the request later does not change the echo', async () => {
    const instance = plugin(config);
    const exchange = fakeExchange({ headers: { X_Cid: 'mine' } });
    await instance.access?.(exchange);
    exchange.request.headers.remove('x_cid');
    const head = { status: 200, source: 'service' as const, headers: fakeExchange().responseHeaders };
    instance.headerFilter?.(exchange, head);
    expect(plainHeaders(head.headers)).toEqual({ 'x-cid': 'mine' });
  });

  test('an answer without an access phase has an id too', () => {
    const head = { status: 404, source: 'error' as const, headers: fakeExchange().responseHeaders };
    plugin(config).headerFilter?.(fakeExchange(), head);
    expect(plainHeaders(head.headers)).toEqual({ 'x-cid': first });
  });
});

import { expect, test } from '@jest/globals';
import type { PluginTwin } from '../../plugin.js';
import { correlationId } from '../correlation-id/index.js';
import { jwt } from '../jwt/index.js';
import { rateLimiting } from '../rate-limiting/index.js';
import { requestSizeLimiting } from '../request-size-limiting/index.js';
import { responseRateLimiting } from '../response-ratelimiting/index.js';
import { fakeEnvironment, fakeExchange } from '../testing/fake-exchange.js';
import { AbsentValue } from './failing.js';

const NULLS: readonly [PluginTwin, Record<string, unknown>][] = [
  [correlationId, { header_name: null, generator: 'uuid', echo_downstream: false }],
  [rateLimiting, { minute: 1, policy: null }],
  [requestSizeLimiting, { allowed_payload_size: null, size_unit: 'bytes' }],
  [responseRateLimiting, { header_name: null, limits: {} }],
  [jwt, { uri_param_names: null, cookie_names: [], header_names: [], anonymous: null }],
  [jwt, { uri_param_names: [], cookie_names: null, header_names: [], anonymous: null }],
  [jwt, { uri_param_names: [], cookie_names: [], header_names: null, anonymous: null }],
];
test.each(NULLS)('null in place of a value that every request needs is taken, and fails each: %#', (twin, config) => {
  expect(() => twin.create(config, fakeEnvironment()).access?.(fakeExchange())).toThrow(AbsentValue);
});

import { describe, expect, test } from '@jest/globals';
import { makeRoute } from './fixtures.js';
import { protocolAnswer } from './protocol.js';

describe('protocolAnswer', () => {
  test('lets through what the route speaks', () => {
    expect(protocolAnswer(makeRoute('r', {}), 'http')).toBeNull();
    expect(protocolAnswer(makeRoute('r', { protocols: ['https'] }), 'https')).toBeNull();
    expect(protocolAnswer(makeRoute('r', { protocols: ['http'] }), 'https')).toBeNull();
  });

  test('asks for https with 426', () => {
    expect(protocolAnswer(makeRoute('r', { protocols: ['https'] }), 'http')).toEqual({
      status: 426,
      message: 'Please use HTTPS protocol',
      headers: { Connection: 'Upgrade', Upgrade: 'TLS/1.2, HTTP/1.1' },
    });
  });

  test.each([301, 302, 307, 308] as const)('redirects with %d', (status) => {
    const route = makeRoute('r', { protocols: ['https'], https_redirect_status_code: status });
    expect(protocolAnswer(route, 'http')).toMatchObject({ status, message: null });
  });

  test('refuses over HTTP/1.1 what needs gRPC', () => {
    const route = makeRoute('r', { protocols: ['grpc', 'grpcs'] });
    expect(protocolAnswer(route, 'http')?.status).toBe(415);
    expect(protocolAnswer(route, 'http', 'application/json')?.status).toBe(415);
    expect(protocolAnswer(route, 'https', 'application/grpc+proto')).toMatchObject({ status: 426, headers: { Upgrade: 'HTTP/2' } });
  });
});

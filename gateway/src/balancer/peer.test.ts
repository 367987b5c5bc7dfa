import { describe, expect, test } from '@jest/globals';
import { addressOf, hostHeader, parseTarget } from './address.js';
import { BalancedPeer, peerKey } from './peer.js';

describe('parseTarget', () => {
  test.each([
    ['10.0.0.1:8080', '10.0.0.1', 8080, '10.0.0.1'],
    ['[::1]:80', '[::1]', 80, '::1'],
    ['::1', '[::1]', 8000, '::1'],
    ['a.internal:1', 'a.internal', 1, null],
    ['a.internal', 'a.internal', 8000, null],
    ['srv.internal:0', 'srv.internal', 0, null],
  ])('%s', (target, name, port, ip) => {
    expect(parseTarget(target)).toEqual({ name, port, ip });
  });
});

test('addressOf takes an IPv6 address with and without brackets', () => {
  expect(addressOf('::1', 80)).toEqual(addressOf('[::1]', 80));
});

test('hostHeader leaves out the port that is the scheme’s own', () => {
  expect(hostHeader('a', 80, 'http')).toBe('a');
  expect(hostHeader('a', 443, 'https')).toBe('a');
  expect(hostHeader('a', 443, 'http')).toBe('a:443');
  expect(hostHeader('a', 80, 'https')).toBe('a:80');
  expect(hostHeader('a', 8080, 'http')).toBe('a:8080');
});

test('a peer knows its Host for both schemes', () => {
  const peer = new BalancedPeer('10.0.0.1', 80, 'a.internal', 1, null);
  expect(peer).toMatchObject({ host: 'a.internal', tlsHost: 'a.internal:80' });
});

test('peerKey tells names and addresses apart', () => {
  expect(peerKey('10.0.0.1', 80, '10.0.0.1')).toBe('10.0.0.1:80');
  expect(peerKey('::1', 80, '[::1]')).toBe('[::1]:80');
  expect(peerKey('10.0.0.1', 80, 'a.internal')).toBe('a.internal|10.0.0.1:80');
});

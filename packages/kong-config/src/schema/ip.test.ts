import { describe, expect, test } from '@jest/globals';
import { isCidr, isIp, isRoutable, parseHost } from './ip.js';

describe('parseHost', () => {
  test.each([
    ['a.test', { type: 'name', host: 'a.test', port: null }],
    ['a_b-c.test.', { type: 'name', host: 'a_b-c.test.', port: null }],
    ['a.test:80', { type: 'name', host: 'a.test', port: 80 }],
    ['127.0.0.1', { type: 'ipv4', host: '127.0.0.1', port: null }],
    ['127.000.0.01:65535', { type: 'ipv4', host: '127.0.0.1', port: 65535 }],
    ['::1', { type: 'ipv6', host: '0000:0000:0000:0000:0000:0000:0000:0001', port: null }],
    ['[2001:DB8::]:443', { type: 'ipv6', host: '2001:0db8:0000:0000:0000:0000:0000:0000', port: 443 }],
  ])('takes %s apart', (text, parts) => {
    expect(parseHost(text)).toEqual(parts);
  });

  test.each(['a b', 'a..b', '.a', 'a-.b', '', '256.1.1.1', '1.2.3', '127.0.0.1:', '[::1', '[::1]x', '1::2::3', 'http://a'])(
    'refuses %j',
    (text) => {
      expect(parseHost(text)).toBe('invalid');
    },
  );

  test.each(['a.test:65536', '127.0.0.1:70000', '[::1]:99999'])('refuses the port of %s', (text) => {
    expect(parseHost(text)).toBe('invalid port number');
  });
});

test.each([
  ['10.0.0.1', true, false],
  ['::1', true, false],
  ['[::1]', true, false],
  ['fe80::1%eth0', false, false],
  ['10.0.0.0/8', false, true],
  ['10.0.0.0/33', false, false],
  ['10.0.0.0/08', false, false],
  ['2001:db8::/32', false, true],
  ['::/129', false, false],
  ['300.1.1.1', false, false],
  ['', false, false],
])('%s: address %s, block %s', (text, address, block) => {
  expect([isIp(text), isCidr(text)]).toEqual([address, block]);
});

test.each([
  ['10.0.0.1', true],
  ['10.0.0.0/8', true],
  ['10.0.0.1/8', false],
  ['1.2.3.4/0', false],
  ['::/0', true],
  ['::1/64', false],
  ['2001:db8::/32', true],
  ['[::1]', false],
])('%s: for the router %s', (text, expected) => {
  expect(isRoutable(text)).toBe(expected);
});

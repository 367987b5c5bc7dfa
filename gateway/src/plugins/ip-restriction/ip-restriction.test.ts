import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PluginInstance } from '../../plugin.js';
import { fakeEnvironment, fakeExchange } from '../testing/fake-exchange.js';
import { ipRestriction } from './index.js';

const plugin = (config: Record<string, unknown>): PluginInstance =>
  ipRestriction.create({ allow: null, deny: null, status: null, message: null, ...config }, fakeEnvironment());

const rows: [allow: string[] | null, deny: string[] | null, clientIp: string, passes: boolean][] = [
  [['127.0.0.1', '10.0.0.0/8'], null, '10.255.0.1', true],
  [['10.0.0.0/8'], null, '127.0.0.1', false],
  [['127.0.0.1'], ['127.0.0.1'], '127.0.0.1', false],
  [null, ['10.1.0.0/16'], '10.2.0.1', true],
  [null, ['10.1.0.0/16'], '10.1.255.255', false],
  [[], [], '1.2.3.4', true],
  [['0.0.0.0/0'], null, '203.0.113.9', true],
  [['2001:db8::/32'], null, '2001:db8:1::5', true],
  [['2001:db8::/32'], null, '2001:db9::1', false],
  [null, ['10.0.0.1'], '::ffff:10.0.0.1', false],
  [null, ['::/0'], '10.0.0.1', true],
  [['::/0'], null, '10.0.0.1', false],
  [['::ffff:10.0.0.1'], null, '10.0.0.1', false],
  [['[::1]', '[2001:db8::]/32'], null, '2001:db8::7', true],
  [['::1'], null, '0:0:0:0:0:0:0:1', true],
  [['10.0.0.0/8'], null, 'unix:', false],
];

test.each(rows)('allow %j, deny %j: %s passes: %s', async (allow, deny, clientIp, passes) => {
  const instance = plugin({ allow, deny });
  for (let i = 0; i < 2; i++) {
    const exit = await instance.access?.(fakeExchange({ clientIp }));
    expect(exit === undefined).toBe(passes);
  }
});

test('status and message', async () => {
  const standard = await plugin({ deny: ['127.0.0.1'] }).access?.(fakeExchange());
  expect(standard?.status).toBe(403);
  expect(standard?.body).toContain('IP address not allowed: 127.0.0.1');
  const own = await plugin({ deny: ['127.0.0.1'], status: 451, message: 'Not here' }).access?.(fakeExchange());
  expect(own?.status).toBe(451);
  expect(own?.body).toContain('"message":"Not here"');
});

test('what is no address is refused by its field', () => {
  expect(() => plugin({ allow: ['10.0.0.1', '10.0.0.0/99'] })).toThrow('config.allow[1]');
});

test('a block holds exactly the addresses of its prefix', () => {
  const address = fc.nat(0xffffffff);
  const dotted = (n: number): string => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join('.');
  fc.assert(
    fc.property(address, address, fc.integer({ min: 1, max: 32 }), (base, client, bits) => {
      const mask = (0xffffffff << (32 - bits)) >>> 0;
      const exit = plugin({ allow: [`${dotted(base)}/${bits}`] }).access?.(fakeExchange({ clientIp: dotted(client) }));
      expect(exit === undefined).toBe((base & mask) >>> 0 === (client & mask) >>> 0);
    }),
    { numRuns: 200 },
  );
});

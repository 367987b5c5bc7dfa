import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digitsOf, encodePart } from './encode.js';
import { networkOf } from './network.js';
import { bodyFields } from './parts.js';

describe('addresses', () => {
  test.each([
    ['203.0.113.7', 64, '203.0.113.7'],
    ['::ffff:203.0.113.7', 64, '203.0.113.7'],
    ['::ffff:cb00:7107', 64, '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', 64, '2001:db8:1:2/64'],
    ['2001:DB8:1:2::9', 64, '2001:db8:1:2/64'],
    ['2001:db8:1:2ff::9', 56, '2001:db8:1:200/56'],
    ['2001:db8::1', 128, '2001:db8:0:0:0:0:0:1/128'],
    ['::', 64, '0:0:0:0/64'],
    ['::1', 64, '0:0:0:0/64'],
    ['fe80::1%eth0', 64, 'fe80:0:0:0/64'],
    ['64:ff9b::192.0.2.33', 128, '64:ff9b:0:0:0:0:c000:221/128'],
    ['unix:', 64, 'unix:'],
    ['not an address', 64, 'not an address'],
  ])('%s in a network of %i bits is %s', (ip, prefix, expected) => expect(networkOf(ip, prefix)).toBe(expected));

  test('two spellings are one network; addresses of one network are one, of others are not', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
    const spell = (list: readonly number[], pad: number): string => list.map((group) => group.toString(16).padStart(pad, '0')).join(':');
    fc.assert(
      fc.property(groups, fc.integer({ min: 16, max: 128 }), fc.integer({ min: 0, max: 127 }), (list, prefix, bit) => {
        fc.pre(!(list.slice(0, 5).every((group) => group === 0) && list[5] === 0xffff));
        const other = list.map((group, i) => (i === bit >> 4 ? group ^ (0x8000 >> (bit & 15)) : group));
        fc.pre(!(other.slice(0, 5).every((group) => group === 0) && other[5] === 0xffff));
        const network = networkOf(spell(list, 4), prefix);
        expect(networkOf(spell(list, 1).toUpperCase(), prefix)).toBe(network);
        expect(networkOf(spell(other, 1), prefix) === network).toBe(bit >= prefix);
      }),
    );
  });
});

describe('parts of a key', () => {
  test('never hold what ends a part, what a pattern means, or more than 65 characters; different ones differ', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.boolean(), (a, b, secret) => {
        const [one, other] = [encodePart(a, secret), encodePart(b, secret)];
        expect(one).toMatch(/^[A-Za-z0-9._:@+=/#-]{0,64}\|$/);
        expect(one === other).toBe(a === b);
      }),
    );
  });

  test.each([
    ['+20 10 1234-5678', '201012345678'],
    ['0020101', '20101'],
    ['٢٠۱', '201'],
    ['²x', '2'],
    ['＋２０', '20'],
    ['', ''],
  ])('the digits of %s are %s', (text, digits) => expect(digitsOf(text)).toBe(digits));
});

describe('fields of a body', () => {
  const field = (body: string, type?: string) => bodyFields(Buffer.from(body), type)('a.b');

  test.each([
    ['{"a":{"b":"x"}}', 'application/json', 'x'],
    ['{"a":{"b":"x"}}', undefined, 'x'],
    ['{"a":{"b":"x"},"a":{"b":"y"}}', 'application/json', undefined],
    ['{"a":', 'application/json', undefined],
    ['{"__proto__":{"b":"x"}}', 'application/json', undefined],
    ['a.b=x', 'application/x-www-form-urlencoded; charset=utf-8', 'x'],
    ['a.b=x&a.b=y', 'application/x-www-form-urlencoded', undefined],
    ['a%2Eb=x%20y', 'application/x-www-form-urlencoded', 'x y'],
  ])('%s (%s)', (body, type, expected) => expect(field(body, type)).toBe(expected));
});

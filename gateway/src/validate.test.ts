import { parseDeclarative } from '@gatehouse/kong-config';
import { describe, expect, test } from '@jest/globals';
import { checkEmbedded, checkKong } from './validate.js';

const system = 'tags: [system-gongbu]';

function check(plane: typeof checkEmbedded, text: string, secrets = false, values: Record<string, string> = {}): string[] {
  const { config, faults, places } = parseDeclarative(`_format_version: "3.0"\n${text}`, 'kong.yml');
  if (config === null) throw new Error(faults.map(({ path, message }) => `${path}: ${message}`).join());
  return plane(config, { file: 'kong.yml', places }, { values, secrets }).map(({ path, message }) => `${path}: ${message}`);
}

const plugin = (config: string, more = ''): string =>
  `routes: [{name: r, paths: [/], ${system}, plugins: [{name: ${config}, ${more}config: {}}]}]`;
const versions = `routes: [{name: r, paths: [/], ${system}, plugins: [{name: api-version, config: {versions: [{name: a}, {name: a}]}}]}]`;
const signed = `routes: [{name: r, paths: [/], ${system}, plugins: [{name: signature, config: {scheme: hmac, keys: [{id: k, secret: 'env:KEY'}]}}]}]`;
const token = `routes: [{name: r, paths: [/], ${system}, plugins: [{name: jwt-auth, config: {algorithms: [HS256], keys: [{secret: 'env:JWT'}]}}]}]`;

describe('what the embedded plane refuses', () => {
  test.each([
    [
      'a plugin that has no twin',
      `${plugin('bot-detection')}\nplugins: [{name: zipkin, config: {http_endpoint: 'http://z/'}}]`,
      /no twin of the plugin "zipkin"/,
    ],
    ['an expression of a route that its router does not know', "routes: [{name: r, paths: ['~/(?R)a$']}]", /^routes\[0\]\.paths/],
    ['a policy’s own rules', versions, /^routes\[0\]\.plugins\[0\]\.config\.versions\[1\]\.name: stands twice/],
  ])('%s', (_what, text, fault) => {
    expect(check(checkEmbedded, text)).toEqual([expect.stringMatching(fault)]);
  });

  test('all of it at once', () => {
    expect(check(checkEmbedded, `${versions}\nplugins: [{name: zipkin, config: {http_endpoint: 'http://z/'}}]`)).toHaveLength(2);
  });
});

describe('what Kong with our plugins refuses', () => {
  test('a policy’s own rules', () => expect(check(checkKong, versions)).toEqual([expect.stringMatching(/stands twice/)]));
  test('no plugin of Kong’s own, nor an expression that Kong takes', () => {
    expect(
      check(checkKong, "routes: [{name: r, paths: ['~/(?R)a$']}]\nplugins: [{name: zipkin, config: {http_endpoint: 'http://z/'}}]"),
    ).toEqual([]);
  });
});

describe.each([
  ['embedded', checkEmbedded],
  ['kong', checkKong],
])('secrets, for %s', (_plane, plane) => {
  test('need not be there where a file is only looked at', () => expect(check(plane, token)).toEqual([]));
  test('must be there when that is asked for', () => {
    expect(check(plane, token, true)).toEqual([expect.stringMatching(/keys\[0\]\.secret: secret env:JWT: the variable is not set/)]);
    expect(check(plane, token, true, { JWT: 'x'.repeat(32) })).toEqual([]);
  });
  test('that are there must be good', () =>
    expect(check(plane, signed, false, { KEY: 'short' })).toEqual([expect.stringMatching(/keys\[0\]\.secret: must be at least 32 bytes/)]));
});

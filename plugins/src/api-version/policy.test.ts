import { type Decision, RequestContext } from '@gatehouse/policy';
import { type FakeRequest, fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { createLink } from '../link.js';
import { apiVersion } from './index.js';

const END = Date.parse('2027-01-01');
const v1 = {
  name: 'v1',
  deprecated_at: '2026-01-01',
  sunset_at: '2027-01-01T00:00:00Z',
  deprecation_link: 'https://d.example/m',
  successor_link: '/v2',
};
const two = { versions: [{ name: 'v2' }, v1] };

function ask(config: object, request: FakeRequest, now = END - 1): Decision {
  const { instance } = createLink(apiVersion, config, fakeEffects());
  return instance.decide(fakeFacts(request), new RequestContext(), now) as Decision;
}
const said = (decision: Decision): string => (decision.kind === 'deny' ? decision.code : decision.kind);

describe('in the path', () => {
  test('the current version is passed on untouched', () => expect(ask(two, { url: '/v2/wallets' })).toEqual({ kind: 'pass' }));

  test('an old one tells of its end', () => {
    expect(ask(two, { url: '/v1/wallets' })).toEqual({
      kind: 'pass',
      responseHeaders: [
        ['Deprecation', '@1767225600'],
        ['Sunset', 'Fri, 01 Jan 2027 00:00:00 GMT'],
      ],
      appendResponseHeaders: [['Link', '<https://d.example/m>; rel="deprecation", </v2>; rel="successor-version"']],
    });
  });

  test.each([
    ['/v1', 'pass'],
    ['/v1/', 'pass'],
    ['/v3/wallets', 'not_found'],
    ['/V1/wallets', 'not_found'],
    ['/v11', 'not_found'],
    ['/', 'not_found'],
    ['/constructor', 'not_found'],
  ])('%s: %s', (url, expected) => expect(said(ask(two, { url }))).toBe(expected));

  test('with a default every path has one', () => expect(said(ask({ ...two, default: 'v2' }, { url: '/wallets' }))).toBe('pass'));

  test('past its end it is gone, where that is wanted', () => {
    const ended = { versions: [{ ...v1, after_sunset: 'gone' }] };
    expect(said(ask(ended, { url: '/v1' }, END - 1))).toBe('pass');
    expect(said(ask(ended, { url: '/v1' }, END))).toBe('gone');
    expect(said(ask(two, { url: '/v1' }, END))).toBe('pass');
  });
});

describe('elsewhere', () => {
  const byHeader = { ...two, source: 'header', parameter: 'Accept-Version', upstream_header: 'X-API-Version' };
  const byQuery = { ...two, source: 'query', parameter: 'version' };

  test.each<[object, FakeRequest, string]>([
    [byHeader, { headers: { 'accept-version': 'v2' } }, 'pass'],
    [byHeader, { headers: { 'accept-version': ' v1 ' } }, 'pass'],
    [byHeader, { headers: { 'accept-version': 'v9' } }, 'bad_request'],
    [byHeader, { headers: { 'accept-version': ['v1', 'v2'] } }, 'bad_request'],
    [byHeader, {}, 'bad_request'],
    [{ ...byHeader, default: 'v2' }, {}, 'pass'],
    [{ ...byHeader, default: 'v2' }, { headers: { 'accept-version': 'v9' } }, 'bad_request'],
    [byQuery, { url: '/?version=v1' }, 'pass'],
    [byQuery, { url: '/?version=v1&version=v2' }, 'bad_request'],
    [byQuery, { url: '/' }, 'bad_request'],
  ])('%j %j: %s', (config, request, expected) => expect(said(ask(config, request))).toBe(expected));

  test('the service is told', () =>
    expect(ask(byHeader, { headers: { 'accept-version': 'v2' } })).toEqual({ kind: 'pass', setHeaders: [['X-API-Version', 'v2']] }));
});

test.each([
  [{ versions: [] }, 'versions'],
  [{ versions: [{ name: 'v1' }, { name: 'v1' }] }, 'versions[1].name'],
  [{ versions: [{ name: 'v 1' }] }, 'versions[0].name'],
  [{ versions: [{ name: 'v1' }], default: 'v2' }, 'default'],
  [{ versions: [{ name: 'v1', sunset_at: 'soon' }] }, 'versions[0].sunset_at'],
  [{ versions: [{ name: 'v1', sunset_at: '2026-13-01' }] }, 'versions[0].sunset_at'],
  [{ versions: [{ name: 'v1', deprecated_at: '2027-01-02', sunset_at: '2027-01-01' }] }, 'versions[0].sunset_at'],
  [{ versions: [{ name: 'v1', successor_link: 'x"y' }] }, 'versions[0].successor_link'],
])('%j names %s', (config, path) => expect(() => ask(config, {})).toThrow(`api-version: ${path}: `));

import { createHash, createHmac } from 'node:crypto';
import { type FakeRequest, fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { httpSignature, signatureBase } from './http-signature.js';
import { type InnerList, parseDictionary } from './structured-fields.js';

const NOW = 1_618_884_473_000;
const secret = Buffer.from('0123456789abcdef0123456789abcdef');
const scheme = httpSignature({ keys: new Map([['partner', [Buffer.alloc(32), secret]]]), toleranceMs: 300_000, headers: [] });
const digest = (body: string) => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
const PARAMS = `;created=${NOW / 1000};keyid="partner"`;

/** A client: signs the listed components of a request. */
function signedRequest(
  request: FakeRequest & { headers?: Record<string, string> },
  components: string[],
  params = PARAMS,
  key = secret,
): FakeRequest {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const values: Record<string, string | undefined> = {
    '@method': request.method ?? 'GET',
    '@path': path,
    '@query': `?${query}`,
    ...request.headers,
  };
  const input = `(${components.map((name) => `"${name}"`).join(' ')})${params}`;
  const base = [...components.map((name) => `"${name}": ${values[name]}`), `"@signature-params": ${input}`].join('\n');
  const bytes = createHmac('sha256', key).update(base).digest('base64');
  return { ...request, headers: { ...request.headers, 'signature-input': `sig=${input}`, signature: `sig=:${bytes}:` } };
}

const check = async (request: FakeRequest, now = NOW) => {
  const facts = fakeFacts(request);
  return scheme.verify(facts, await facts.body(1e6), now);
};
const get = (url = '/api/content/1') => ({ method: 'GET', url });
const post = (body = '{"a":1}') => ({ method: 'POST', url: '/api/content?x=1', body, headers: { 'content-digest': digest(body) } });
const all = ['@method', '@path', '@query', 'content-digest'];

test("makes RFC 9421's signature base (appendix B.2.5)", () => {
  const key = Buffer.from('uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==', 'base64');
  const list = parseDictionary('sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"')!.get(
    'sig-b25',
  ) as InnerList;
  const facts = fakeFacts({ headers: { host: 'example.com', date: 'Tue, 20 Apr 2021 02:07:55 GMT', 'content-type': 'application/json' } });
  const base = signatureBase(facts, list, ['date', 'content-type'])!;
  expect(createHmac('sha256', key).update(base).digest('base64')).toBe('pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=');
});

describe('takes', () => {
  test.each([
    ['a request with no body', signedRequest(get(), ['@method', '@path'])],
    ['any order', signedRequest(get('/a?b=1'), ['@query', '@path', '@method'])],
    ['a body by its digest', signedRequest(post(), all)],
    [
      'a Date instead of created',
      signedRequest({ ...get(), headers: { date: 'Tue, 20 Apr 2021 02:07:53 GMT' } }, ['@method', '@path', 'date'], ';keyid="partner"'),
    ],
    ['alg and a nonce', signedRequest(get(), ['@method', '@path'], `${PARAMS};alg="hmac-sha256";nonce="n1"`)],
    ['one that has not expired', signedRequest(get(), ['@method', '@path'], `${PARAMS};expires=${NOW / 1000 + 1}`)],
  ])('%s', async (_name, request) => expect(await check(request)).toMatchObject({ repeat: 'request' }));

  test('a second signature when the first is not for us', async () => {
    const { headers, ...rest } = signedRequest(get(), ['@method', '@path']);
    const both = {
      'signature-input': `proxy=("@method");keyid="other", ${headers!['signature-input'] as string}`,
      signature: `proxy=:AAAA:, ${headers!['signature'] as string}`,
    };
    expect(await check({ ...rest, headers: both })).not.toBeNull();
  });
});

describe('refuses', () => {
  const good = signedRequest(post(), all);
  const withHeaders = (more: Record<string, string | string[]>): FakeRequest => ({ ...good, headers: { ...good.headers, ...more } });

  test.each<[string, FakeRequest]>([
    ['another method', { ...good, method: 'PUT' }],
    ['another path', { ...good, url: '/api/content/2?x=1' }],
    ['another query', { ...good, url: '/api/content?x=2' }],
    ['another body', { ...good, body: '{"a":2}' }],
    ['another digest', withHeaders({ 'content-digest': digest('{"a":2}') })],
    ['a digest of an unknown kind alone', withHeaders({ 'content-digest': 'md5=:AAAA:' })],
    ['a broken digest', withHeaders({ 'content-digest': 'sha-256=AAAA' })],
    ['another secret', signedRequest(post(), all, PARAMS, Buffer.alloc(32, 1))],
    ['an unknown key', signedRequest(post(), all, `;created=${NOW / 1000};keyid="nobody"`)],
    ['no key', signedRequest(post(), all, `;created=${NOW / 1000}`)],
    ['another algorithm', signedRequest(post(), all, `${PARAMS};alg="rsa-pss-sha512"`)],
    ['no time', signedRequest(post(), all, ';keyid="partner"')],
    ['a time that is text', signedRequest(post(), all, ';created="1618884473";keyid="partner"')],
    ['one that expired', signedRequest(post(), all, `${PARAMS};expires=${NOW / 1000}`)],
    ['an expiry that is text', signedRequest(post(), all, `${PARAMS};expires="9999999999"`)],
    ['no method', signedRequest(post(), ['@path', '@query', 'content-digest'])],
    ['no path', signedRequest(post(), ['@method', '@query', 'content-digest'])],
    ['a query that is not covered', signedRequest(post(), ['@method', '@path', 'content-digest'])],
    ['a body that is not covered', signedRequest(post(), ['@method', '@path', '@query'])],
    ['a component twice', signedRequest(post(), [...all, '@method'])],
    ['a component that is not taken', signedRequest(post(), [...all, '@status'])],
    ['a header that is not configured', signedRequest({ ...post(), headers: { ...post().headers, cookie: 'a=1' } }, [...all, 'cookie'])],
    [
      'a component with parameters',
      withHeaders({ 'signature-input': (good.headers!['signature-input'] as string).replace('"@query"', '"@query";req') }),
    ],
    [
      'two labels of one name',
      withHeaders({ signature: `${good.headers!['signature'] as string}, ${good.headers!['signature'] as string}` }),
    ],
    ['no signature', withHeaders({ signature: [] })],
    ['no input', withHeaders({ 'signature-input': [] })],
    ['a broken input', withHeaders({ 'signature-input': 'sig=("@method"' })],
    ['an empty list', signedRequest(get(), [])],
    ['a Date far off', signedRequest({ ...get(), headers: { date: 'Tue, 20 Apr 2020 02:07:53 GMT' } }, ['@method', '@path', 'date'])],
    [
      'a Date of another form',
      signedRequest({ ...get(), headers: { date: '2021-04-20T02:07:53Z' } }, ['@method', '@path', 'date'], ';keyid="partner"'),
    ],
  ])('%s', async (_name, request) => expect(await check(request)).toBeNull());

  test.each([
    [-300_000, true],
    [300_000, true],
    [-300_001, false],
    [300_001, false],
  ])('a time that is %d ms off: %p', async (off, taken) => expect((await check(good, NOW + off)) !== null).toBe(taken));

  test('every text for a header is read without a crash', async () => {
    const piece = fc.constantFrom('sig', '=', '(', ')', '"', '@method', ';', 'created', '1', ':', 'AAAA', ',', ' ', '?1', '\\', 'keyid');
    const text = fc.array(piece, { maxLength: 15 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(text, text, async (input, signature) => {
        expect(await check(withHeaders({ 'signature-input': input, signature }))).toBeNull();
      }),
    );
  });
});

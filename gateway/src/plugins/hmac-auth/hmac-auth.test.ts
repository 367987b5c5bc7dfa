import crypto from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type FakeRequest, fakeEnvironment, fakeExchange } from '../testing/fake-exchange.js';
import { hmacAuth } from './index.js';

const people = {
  consumers: [{ id: 'a1', username: 'alice' }],
  credentials: { hmacauth_credentials: [{ username: 'al', secret: 'hs', consumer: { id: 'a1' } }] },
};
const defaults = {
  hide_credentials: false,
  clock_skew: 300,
  anonymous: null,
  validate_request_body: false,
  enforce_headers: [],
  algorithms: ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'],
  realm: null,
};
/** The clock of the tests. */
const date = new Date(1_700_000_000_000).toUTCString();

const header = (signed: string, names: string, algorithm = 'hmac-sha256', username = 'al', secret = 'hs'): string => {
  const signature = crypto.createHmac(algorithm.replace('hmac-', ''), secret).update(signed).digest('base64');
  return `hmac username="${username}", algorithm="${algorithm}", headers="${names}", signature="${signature}"`;
};
const dated = `date: ${date}`;
const signed = header(dated, 'date');

async function ask(config: Record<string, unknown>, request: FakeRequest) {
  const plugin = hmacAuth.create({ ...defaults, ...config }, fakeEnvironment(people));
  const exchange = fakeExchange(request);
  const exit = await plugin.access?.(exchange);
  return { said: exit ? JSON.parse(String(exit.body)).message : exchange.consumer?.username, exit, exchange };
}

describe('signatures', () => {
  const line = `${dated}\nGET /x?y=1 HTTP/1.1`;
  test.each([
    [signed, '/', 'alice'],
    [header(dated, 'date', 'hmac-sha1'), '/', 'alice'],
    [header(dated, 'date', 'hmac-sha512'), '/', 'alice'],
    [header(line, 'date request-line'), '/x?y=1', 'alice'],
    [header(line, 'date request-line'), '/x?y=2', 'HMAC signature does not match'],
    [header(`${dated}\n@request-target: get /x?y=1`, 'date @request-target'), '/x?y=1', 'alice'],
    [header(`${dated}\nx-none:`, 'date x-none'), '/', 'alice'],
    [header(dated, 'date', 'hmac-sha256', 'al', 'other'), '/', 'HMAC signature does not match'],
    [header(dated, 'date', 'hmac-sha256', 'nobody'), '/', 'HMAC signature cannot be verified'],
    [header(dated, 'date', 'hmac-md5'), '/', 'HMAC signature cannot be verified'],
    [signed.replace(/signature="../, 'signature="!!'), '/', 'HMAC signature does not match'],
    ['Basic x', '/', 'HMAC signature cannot be verified'],
  ])('%s on %s: %s', async (authorization, target, said) => {
    expect((await ask({}, { target, headers: { Date: date, Authorization: authorization } })).said).toBe(said);
  });

  test('Proxy-Authorization goes first, and the one that was read is hidden', async () => {
    const headers = { Date: date, 'Proxy-Authorization': signed, Authorization: 'Basic x' };
    const { said, exchange } = await ask({ hide_credentials: true }, { headers });
    expect(said).toBe('alice');
    expect(exchange.request.headers.has('proxy-authorization')).toBe(false);
    expect(exchange.request.headers.has('authorization')).toBe(true);
  });

  test('enforce_headers', async () => {
    const request = { headers: { Date: date, Authorization: signed } };
    expect((await ask({ enforce_headers: ['date'] }, request)).said).toBe('alice');
    expect((await ask({ enforce_headers: ['date', 'digest'] }, request)).said).toBe('HMAC signature cannot be verified');
  });

  test('without any header, and with a realm', async () => {
    expect((await ask({ realm: 'r' }, {})).exit).toMatchObject({ status: 401, headers: { 'WWW-Authenticate': 'hmac realm="r"' } });
  });
});

describe('the date', () => {
  const said = async (headers: Record<string, string>): Promise<string> =>
    (await ask({}, { headers: { Authorization: signed, ...headers } })).said;
  const at = (seconds: number): string => new Date(1_700_000_000_000 + seconds * 1000).toUTCString();
  test.each([
    [{}, 'a valid date or x-date header is required'],
    [{ Date: 'yesterday' }, 'a valid date or x-date header is required'],
    [{ Date: at(301) }, 'a valid date or x-date header is required'],
    [{ Date: at(-301) }, 'a valid date or x-date header is required'],
    [{ Date: at(-300) }, 'HMAC signature does not match'],
    [{ Date: at(-9999), 'X-Date': at(0) }, 'HMAC signature does not match'],
  ] as [Record<string, string>, string][])('%j', async (headers, part) => {
    expect(await said(headers)).toContain(part);
  });
});

describe('the digest of the body', () => {
  const digest = `SHA-256=${crypto.createHash('sha256').update('hello').digest('base64')}`;
  test.each([
    [{ Digest: digest }, 'hello', 'alice'],
    [{ Digest: digest }, 'other', 'HMAC signature does not match'],
    [{}, 'hello', 'HMAC signature does not match'],
    [{}, null, 'alice'],
  ] as [Record<string, string>, string | null, string][])('%j on %s: %s', async (headers, body, said) => {
    const request = { body, headers: { Date: date, Authorization: signed, ...headers } };
    expect((await ask({ validate_request_body: true }, request)).said).toBe(said);
  });
});

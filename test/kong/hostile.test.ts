/** Hostile clients before a real Kong with our guard: what nginx reads, what a service gets, and who a request is from. KONG_URL names it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { attacks, EVIL } from '../chaos/support/attacks.js';
import { RawClient } from '../chaos/support/raw-client.js';
import { okay, StrictService } from '../chaos/support/strict-service.js';
import { configure, fusedPlugin, guarded, oneRoute } from './support/config.js';

const allow = { name: 'permissions', config: { rules: [{ allow: [{ public: true }] }] } };
const identity = { name: 'request-transformer', config: { add: { headers: ['X-User-Id:u1', 'X-Other:1'] } } };

const ANSWER = /^HTTP\/1\.1 /gm;
/** HTTP/0.9: a body and nothing else. */
const HEADLESS = /^(?!HTTP\/)./;

let service: StrictService;
let port: number;

beforeAll(async () => {
  service = await StrictService.start({ answer: (seen) => okay(seen.target) });
  const plugins = [fusedPlugin('gongbu', [{ name: 'sanitize', config: {} }, allow]), identity];
  const routes = [oneRoute('front', { paths: ['/front', '/evil'], plugins })];
  const { KONG_URL: url = '', KONG_ADMIN: admin = '' } = process.env;
  await configure({ url, admin }, guarded(service.port, routes));
  port = Number(new URL(url).port);
}, 30_000);
afterAll(() => service[Symbol.asyncDispose]());
beforeEach(() => service.clear());

const targets = (): string[] => service.seen.map(({ target }) => target);

/** Sends, waits for answers, closes our side (before, nginx would take it for a client that has left), and gives the statuses. */
async function statusesOf(sent: string | readonly string[], count = 1): Promise<number[]> {
  const client = await RawClient.connect(port);
  await client.send(...[sent].flat());
  await client.when(() => client.ended || (client.text.match(ANSWER)?.length ?? 0) >= count || HEADLESS.test(client.text));
  client.socket.end();
  await client.end();
  return client.answers().list.map(({ status }) => status);
}

/** What nginx takes for a request all the same. It writes it anew for the service, so that the two can't read it in two ways. */
const TAKEN = new Set([
  'a size line that ends in a bare LF',
  'an extension with a bare LF',
  'an extension that never ends',
  'data that ends in a bare LF',
  'a last chunk that ends in a bare LF',
  'a trailer that ends in a bare LF',
  'trailers without end',
  'a NUL in a trailer',
  'no version',
]);

describe('is refused and closed, and nothing of it reaches the service', () => {
  test.each(attacks.filter(({ name }) => !TAKEN.has(name)))('$name', async ({ sent, statuses }) => {
    const answered = await statusesOf(sent);
    expect({ answered, faults: service.faults, targets: targets() }).toEqual({ answered: statuses, faults: [], targets: [] });
  });
});

describe('is taken, and the service gets one well-formed request of it', () => {
  test.each(attacks.filter(({ name }) => TAKEN.has(name)))('$name', async ({ sent }) => {
    await statusesOf(sent);
    expect(service.faults).toEqual([]);
    expect(service.seen.filter(({ target }) => target === '/front')).toEqual([expect.objectContaining({ target: '/front' })]);
    expect(service.seen.every(({ body }) => !String(body).includes('/evil'))).toBe(true);
  });
});

test('what looks like a request in a body stays a body', async () => {
  const first = `POST /front HTTP/1.1\r\nHost: a\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`;
  expect(await statusesOf([first, `GET /front?last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`], 2)).toEqual([200, 200]);
  expect(targets()).toEqual(['/front', '/front?last']);
  expect(service.faults).toEqual([]);
});

test.each(['X-User-Id, X-Other', 'x-user-id,x-other', 'X_User_Id, x-other'])(
  'what the gateway says of who is asking is not taken out by Connection: %s',
  async (connection) => {
    const head = `GET /front HTTP/1.1\r\nHost: a\r\nX-User-Id: evil\r\nX_User-Id: evil\r\nConnection: close, ${connection}\r\n\r\n`;
    expect(await statusesOf(head)).toEqual([200]);
    const headers = service.seen[0]?.headers ?? [];
    expect(headers.filter(([name]) => name.replaceAll('_', '-') === 'x-user-id')).toEqual([['x-user-id', 'u1']]);
    expect(headers.some(([name]) => name === 'x-other')).toBe(false);
  },
);

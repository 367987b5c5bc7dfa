/** What clients write must stay where it was written: no line of theirs in a head that goes to a service, nor in an answer. */
import { describe, expect, test } from '@jest/globals';
import { freePort } from '../support/gateway-process.js';
import { opened } from './support/open.js';

const open = opened();

const SMUGGLED = '%0d%0aX-Evil:%201%0d%0a%0d%0aGET%20/evil%20HTTP%2f1.1%0d%0aHost:%20b%0d%0a%0d%0a';

describe('line ends in a decoded path', () => {
  test.each([
    ['that the route strips', { paths: ['~/v\\d+/[^/]+'], strip_path: true }],
    ['that is passed on', { paths: ['/v1'] }],
    ['that a capture copies', { paths: ['~/v1/(?<rest>.*)'], plugins: [headerFrom('$(uri_captures.rest)')] }],
    ['that a redirect repeats', { paths: ['/v1'], protocols: ['https'], https_redirect_status_code: 302 }],
  ])('%s', async (_what, route) => {
    const service = await open.service();
    const plane = await open.plane(service, { route });
    const client = await open.client(plane.port);
    client.send(`GET /v1/a${SMUGGLED}/rest HTTP/1.1\r\nHost: a\r\n\r\n`);
    const [answer] = await client.answered();
    expect(answer!.headers.has('x-evil')).toBe(false);
    expect(service.faults).toEqual([]);
    expect(service.seen.length).toBeLessThanOrEqual(1);
    for (const seen of service.seen) expect(seen.headers.map(([name]) => name)).not.toContain('x-evil');
  });

  test.each(['query_params.q', 'headers["x-q"]'])('a header made from %s', async (name) => {
    const service = await open.service();
    const plane = await open.plane(service, { route: { plugins: [headerFrom(`$(${name})`)] } });
    const client = await open.client(plane.port);
    // The second pair has the low bytes of CR and LF.
    client.send('GET /?q=a%0d%0aX-Evil:1%c4%8d%c4%8aX-Evil:2 HTTP/1.1\r\nHost: a\r\nX-Q: a\xc4\x8d\xc4\x8aX-Evil: 3\r\n\r\n');
    expect((await client.answered())[0]?.status).toBe(200);
    expect(service.faults).toEqual([]);
    expect(service.seen[0]?.headers.map(([key]) => key)).not.toContain('x-evil');
  });
});

test('what the gateway says of who is asking is not taken out by Connection', async () => {
  const service = await open.service();
  const identity = { name: 'request-transformer', config: { add: { headers: ['X-User-Id:u1', 'X-Other:1'] } } };
  const guard = { name: 'guard', config: { systems: [{ name: 's', hosts: ['a'] }] } };
  const plane = await open.plane(service, { route: { plugins: [identity] }, more: { plugins: [guard] } });
  const client = await open.client(plane.port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\nX-User-Id: evil\r\nConnection: keep-alive, X-User-Id, X-Other\r\n\r\n');
  expect((await client.answered())[0]?.status).toBe(200);
  const { headers } = service.seen[0]!;
  expect(headers.filter(([name]) => name === 'x-user-id')).toEqual([['x-user-id', 'u1']]);
  expect(headers.some(([name]) => name === 'x-other')).toBe(false);
});

function headerFrom(template: string): Record<string, unknown> {
  return { name: 'request-transformer', config: { add: { headers: [`X-Made:${template}`] } } };
}

test('a malformed escape in an admin path is 404, and the process lives', async () => {
  const service = await open.service();
  const adminPort = await freePort();
  const plane = await open.plane(service, { extra: ['--admin-port', String(adminPort)], more: { upstreams: [{ name: 'u' }] } });
  expect((await fetch(`http://127.0.0.1:${adminPort}/upstreams/%/health`)).status).toBe(404);
  expect(plane.alive).toBe(true);
});

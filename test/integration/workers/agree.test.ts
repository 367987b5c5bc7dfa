/** What the workers of one port know of each other: counts, health, kept answers, breakers, metrics. */
import { describe, expect, test } from '@jest/globals';
import { service, tally, until, Workers } from './support.js';

const TOGETHER = 60;

const oneService = (port: number, plugins: object[] = [], fields: object = {}) => ({
  services: [{ name: 's', url: `http://127.0.0.1:${port}`, ...fields, routes: [{ name: 'r', paths: ['/'] }] }],
  plugins,
});

test('every worker takes connections', async () => {
  const port = await service((_request, response) => response.end('ok'));
  const workers = await Workers.start(
    oneService(port, [{ name: 'correlation-id', config: { header_name: 'x-id', generator: 'uuid#counter', echo_downstream: true } }]),
  );
  const seen = new Set((await workers.askTogether(TOGETHER)).map(({ headers }) => String(headers['x-id']).split('#')[0]));
  expect(seen.size).toBe(3);
});

describe('limits', () => {
  test.each([
    ['rate-limiting', { minute: 10, policy: 'local' }],
    ['redis-rate-limit', { windows: [{ name: 'w', by: ['ip'], limit: 10, seconds: 86_400 }] }],
  ])(
    '%s: exactly as many pass as may, whoever takes them',
    async (name, config) => {
      const port = await service((_request, response) => response.end('ok'));
      const workers = await Workers.start(oneService(port, [{ name, config }]));
      expect(tally(await workers.askTogether(TOGETHER))).toEqual({ 200: 10, 429: TOGETHER - 10 });
      await workers.reload(oneService(port, [{ name, config }], { retries: 2 }));
      expect(tally(await workers.askTogether(TOGETHER))).toEqual({ 429: TOGETHER });
    },
    60_000,
  );

  test('response-ratelimiting counts what services say for all', async () => {
    const port = await service((_request, response) => response.setHeader('X-Kong-Limit', 'video=1').end('ok'));
    const config = { limits: { video: { minute: 5 } }, block_on_first_violation: true };
    const workers = await Workers.start(oneService(port, [{ name: 'response-ratelimiting', config }]));
    for (let i = 0; i < 5; i++) expect((await workers.ask()).status).toBe(200);
    await until('counted', async () => (await workers.ask()).status === 429);
    expect(tally(await workers.askTogether(TOGETHER))).toEqual({ 429: TOGETHER });
  });
});

test('what one worker keeps in proxy-cache the others have soon', async () => {
  let asked = 0;
  const port = await service((_request, response) => response.setHeader('content-type', 'text/plain').end(`answer ${++asked}`));
  const config = { strategy: 'memory', content_type: ['text/plain', 'text/plain; charset=UTF-8'], cache_ttl: 300 };
  const workers = await Workers.start(oneService(port, [{ name: 'proxy-cache', config }]));
  expect((await workers.ask()).headers['x-cache-status']).toBe('Miss');
  await until('hits alone', async () => (await workers.askTogether(20)).every(({ headers }) => headers['x-cache-status'] === 'Hit'));
  expect(new Set((await workers.askTogether(TOGETHER)).map(({ body }) => body)).size).toBe(1);
});

describe('health', () => {
  const upstream = (good: number, bad: number, active: object) => ({
    upstreams: [
      {
        name: 'u',
        targets: [{ target: `127.0.0.1:${good}` }, { target: `127.0.0.1:${bad}` }],
        healthchecks: { passive: { unhealthy: { http_failures: 3, http_statuses: [500] }, healthy: { successes: 1 } }, active },
      },
    ],
    services: [{ name: 's', host: 'u', routes: [{ paths: ['/'] }] }],
  });

  test('a target that workers saw fail is asked by none of them; checks of one bring it back for all', async () => {
    let failing = true;
    let probes = 0;
    const good = await service((_request, response) => response.end('good'));
    const bad = await service((request, response) => {
      if (request.url === '/probe') probes++;
      response.writeHead(failing ? 500 : 200).end('bad');
    });
    const active = { http_path: '/probe', healthy: { interval: 0, successes: 1 }, unhealthy: { interval: 0.1, http_statuses: [500] } };
    const workers = await Workers.start(upstream(good, bad, active));
    await until('nobody asks the bad one', async () => (await workers.askTogether(30)).every(({ status }) => status === 200));
    expect(await workers.admin('/upstreams/u/health')).toContain('"health":"UNHEALTHY"');
    expect(tally(await workers.askTogether(TOGETHER))).toEqual({ 200: TOGETHER });
    const before = probes;
    await until('probes', () => probes >= before + 5);
    failing = false;
    await until('both are asked', async () => new Set((await workers.askTogether(20)).map(({ body }) => body)).size === 2);
    expect(await workers.admin('/upstreams/u/health')).not.toContain('UNHEALTHY');
  }, 60_000);

  test('a worker that takes the place of another knows what is bad', async () => {
    const good = await service((_request, response) => response.end('good'));
    const bad = await service((_request, response) => response.writeHead(500).end('bad'));
    const workers = await Workers.start(upstream(good, bad, {}));
    await until('nobody asks the bad one', async () => (await workers.askTogether(30)).every(({ status }) => status === 200));
    for (const pid of workers.pids()) process.kill(pid, 'SIGKILL');
    await until('the port is closed or new', async () => !(await workers.isReady()));
    await until('all serve again', () => workers.isReady());
    expect(tally(await workers.askTogether(TOGETHER))).toEqual({ 200: TOGETHER });
  }, 60_000);
});

test('a breaker that opens in one worker is open in all', async () => {
  let failing = true;
  const port = await service((_request, response) => response.writeHead(failing ? 500 : 200).end());
  const config = { minimum_requests: 5, reset_ms: 1000 };
  const workers = await Workers.start(oneService(port, [{ name: 'circuit-breaker', config }]));
  await until('open', async () => (await workers.askTogether(30)).every(({ status }) => status === 503));
  failing = false;
  await until('closed', async () => (await workers.askTogether(30)).every(({ status }) => status === 200));
}, 60_000);

test('metrics and status are those of all', async () => {
  const port = await service((_request, response) => response.end('ok'));
  const workers = await Workers.start(oneService(port, [{ name: 'prometheus', config: { status_code_metrics: true } }]));
  await workers.askTogether(TOGETHER);
  const text = await workers.admin('/metrics');
  expect(text).toMatch(new RegExp(`kong_http_requests_total\\{[^}]*code="200"[^}]*\\} ${TOGETHER}\\n`));
  expect(text.match(/^kong_node_info\{.*\} 1$/gm)).toHaveLength(1);
  expect(text.match(/^# TYPE kong_nginx_requests_total/gm)).toHaveLength(1);
  expect(JSON.parse(await workers.admin('/status'))).toMatchObject({ workers: { ready: 3, configured: 3 }, configuration: { routes: 1 } });
});

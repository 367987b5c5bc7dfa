/** HTTP/2 on the TLS port: the same requests, the same answers. */
import http, { type IncomingHttpHeaders } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort, GatewayProcess } from '../support/gateway-process.js';

const BIG = 'z'.repeat(700_000);
let gateway: GatewayProcess;
let tlsPort: number;
let service: http.Server;
let session: http2.ClientHttp2Session;

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

async function echo(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  if (request.url === '/big') return void response.end(BIG);
  if (request.url === '/cookies') response.setHeader('Set-Cookie', ['a=1', 'b=2']);
  if (request.url === '/empty') return void response.writeHead(204).end();
  if (request.url === '/stream') {
    for (let i = 0; i < 5; i++) response.write(`part ${i};`);
    return void response.end();
  }
  if (request.url === '/cut') return void response.writeHead(200, { 'Content-Length': '10' }).write('half', () => response.destroy());
  let body = '';
  for await (const chunk of request) body += chunk;
  response.setHeader('X-Odd', 'one').setHeader('Connection', 'X-Gone').setHeader('X-Gone', '1');
  const { 'x-forwarded-port': _port, ...headers } = request.headers;
  response.end(JSON.stringify({ method: request.method, url: request.url, length: body.length, headers }));
}

const config = (port: number) => ({
  _format_version: '3.0',
  services: [
    {
      name: 's',
      url: `http://127.0.0.1:${port}`,
      routes: [
        { name: 'named', hosts: ['shop.test'], paths: ['/'], strip_path: false },
        { name: 'post', hosts: ['localhost'], paths: ['/'], strip_path: false },
        {
          name: 'stream',
          hosts: ['localhost'],
          paths: ['/unbuffered'],
          strip_path: false,
          request_buffering: false,
          response_buffering: false,
        },
        {
          name: 'small',
          hosts: ['localhost'],
          paths: ['/small'],
          plugins: [{ name: 'request-size-limiting', config: { allowed_payload_size: 10, size_unit: 'bytes' } }],
        },
        {
          name: 'end',
          hosts: ['localhost'],
          paths: ['/terminated'],
          plugins: [{ name: 'request-termination', config: { status_code: 418, message: 'tea' } }],
        },
      ],
    },
  ],
});

beforeAll(async () => {
  service = http.createServer((request, response) => void echo(request, response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => service.once('listening', resolve));
  tlsPort = await freePort();
  const { port } = service.address() as AddressInfo;
  gateway = await GatewayProcess.start(JSON.stringify(config(port)), ['--tls-port', String(tlsPort)]);
  session = http2.connect(`https://127.0.0.1:${tlsPort}`, { rejectUnauthorized: false });
}, 60_000);

afterAll(async () => {
  session?.destroy();
  await gateway?.stop();
  service?.closeAllConnections();
  service?.close();
});

function collect(stream: http2.ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let answer: http2.IncomingHttpHeaders = {};
    let body = '';
    stream.on('response', (headers) => {
      answer = headers;
    });
    stream.setEncoding('latin1').on('data', (chunk) => {
      body += chunk;
    });
    stream.on('end', () => resolve({ status: Number(answer[':status']), headers: answer as IncomingHttpHeaders, body }));
    stream.on('error', reject);
  });
}

function ask2(headers: http2.OutgoingHttpHeaders, body?: string | Buffer): Promise<Answer> {
  const own = headers[':authority'] === undefined && headers['host'] === undefined ? { ':authority': 'localhost' } : {};
  const stream = session.request({ ...own, ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return collect(stream);
}

function ask1(method: string, path: string, headers: http.OutgoingHttpHeaders, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: tlsPort, method, path, headers, rejectUnauthorized: false, agent: false };
    const request = https.request(options, async (answer) => {
      let text = '';
      for await (const chunk of answer.setEncoding('latin1')) text += chunk;
      resolve({ status: answer.statusCode!, headers: answer.headers, body: text });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** What may differ between two answers to the same question. */
function comparable({ status, headers, body }: Answer): object {
  const { date, connection, 'transfer-encoding': _coding, 'x-kong-request-id': id, ...rest } = headers;
  const names = Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith(':') && name !== 'content-length'));
  return { status, headers: names, body: body.replaceAll(String(id), 'ID').replace(/"connection":"[^"]*",?/, '') };
}

interface Question {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

describe('the same answers as over HTTP/1', () => {
  const large = 'x'.repeat(300_000);
  test.each<Question>([
    { path: '/a?b=c&d' },
    { path: '/a%20b/../c?' },
    { method: 'HEAD', path: '/a' },
    { method: 'POST', path: '/a', headers: { 'content-type': 'text/plain' }, body: 'hello' },
    { method: 'PUT', path: '/a', body: large },
    { method: 'OPTIONS', path: '/a' },
    { path: '/big' },
    { path: '/stream' },
    { path: '/empty' },
    { path: '/cookies' },
    { path: '/unbuffered/x' },
    { method: 'POST', path: '/unbuffered/x', body: large },
    { path: '/terminated' },
    { method: 'POST', path: '/small', body: large },
    { path: '/%00' },
    { path: '/', headers: { accept: 'text/html', host: 'nowhere.test' } },
    { path: '/', headers: { 'x-under_score': '1', te: 'trailers', cookie: 'a=1; b=2' } },
    { path: '/', headers: { 'x-long': 'v'.repeat(9000) } },
    { path: '/', headers: { 'content-type': 'application/grpc' } },
    { path: `/${'p'.repeat(9000)}` },
    { path: '/', headers: { host: 'bad..host' } },
    { path: '/', headers: { accept: '*/*', expect: 'x', host: 'shop.test' } },
  ])('question %#', async ({ method = 'GET', path, headers: { host = 'localhost', ...headers } = {}, body }) => {
    const fields = { ':method': method, ':path': path, ':authority': host, ...headers };
    const first = await ask1(method, path, { host, ...headers, ...(body ? { 'content-length': String(body.length) } : {}) }, body);
    const second = await ask2({ ...fields, ...(body ? { 'content-length': String(body.length) } : {}) }, body);
    expect(comparable(second)).toEqual(comparable(first));
  });

  test('without a length, the service gets one', async () => {
    const { body } = await ask2({ ':method': 'POST', ':path': '/a' }, 'hello');
    expect(JSON.parse(body)).toMatchObject({ length: 5, headers: { 'content-length': '5' } });
  });
});

describe('what only HTTP/2 has', () => {
  test('many streams at once, each with its own answer', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask2({ ':path': `/n/${i}` })));
    expect(answers.map(({ body }) => JSON.parse(body).url)).toEqual(Array.from({ length: 100 }, (_, i) => `/n/${i}`));
  });

  test('Host without :authority counts; both are 400', async () => {
    const headers = (more: object): http2.OutgoingHttpHeaders => ({ ':method': 'GET', ':path': '/', ':scheme': 'https', ...more });
    expect((await ask2(headers({ host: 'shop.test' }))).status).toBe(200);
    // Node adds :authority unless there is a Host.
    expect((await ask2(headers({ ':authority': 'shop.test', host: 'shop.test' }))).status).toBe(400);
  });

  test('trailers of a request are dropped, its body is whole', async () => {
    const stream = session.request({ ':authority': 'localhost', ':method': 'POST', ':path': '/a' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-trailer': '1' }));
    stream.end('hello');
    const { body } = await collect(stream);
    expect(JSON.parse(body)).toMatchObject({ length: 5 });
    expect(body).not.toContain('trailer');
  });

  test('cookies in several fields become one', async () => {
    const { body } = await ask2({ ':path': '/', cookie: ['a=1', 'b=2'] });
    expect(JSON.parse(body).headers.cookie).toBe('a=1; b=2');
  });

  test('Expect: 100-continue is answered before the body comes', async () => {
    const stream = session.request(
      { ':authority': 'localhost', ':method': 'POST', ':path': '/a', expect: '100-continue' },
      { endStream: false },
    );
    const answer = collect(stream);
    await new Promise<void>((resolve) => stream.once('continue', resolve));
    stream.end('hello');
    expect(JSON.parse((await answer).body)).toMatchObject({ length: 5 });
  });

  test('an answer that the service cuts is a reset stream', async () => {
    await expect(ask2({ ':path': '/cut' })).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
    expect((await ask2({ ':path': '/' })).status).toBe(200);
  });

  test('a WebSocket is not offered', async () => {
    const settings = await new Promise<http2.Settings>((resolve) => {
      const other = http2.connect(`https://127.0.0.1:${tlsPort}`, { rejectUnauthorized: false });
      other.on('remoteSettings', (sent) => {
        other.destroy();
        resolve(sent);
      });
    });
    expect(settings).toMatchObject({ enableConnectProtocol: false, maxConcurrentStreams: 128 });
  });
});

test('a reload leaves connections and their streams alone; a drain lets them finish and says so', async () => {
  const before = gateway.log.length;
  const big = ask2({ ':path': '/big' });
  gateway.child.kill('SIGHUP');
  while (!gateway.log.slice(before).includes('configuration reloaded')) await new Promise((resolve) => setImmediate(resolve));
  expect((await big).body).toBe(BIG);
  const stream = session.request({ ':authority': 'localhost', ':path': '/big' });
  await new Promise((resolve) => stream.once('response', resolve));
  stream.pause();
  const goaway = new Promise((resolve) => session.once('goaway', resolve));
  const ended = gateway.stop('SIGTERM');
  expect(await goaway).toBe(http2.constants.NGHTTP2_NO_ERROR);
  let length = 0;
  stream.on('data', (chunk) => {
    length += chunk.length;
  });
  stream.resume();
  await new Promise((resolve) => stream.once('end', resolve));
  expect(length).toBe(BIG.length);
  expect(await ended).toBe(0);
}, 60_000);

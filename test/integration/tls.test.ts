/** TLS on both sides: which certificate a client sees, which versions pass, and whether a service's certificate is checked. */
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';
import { freePort, GatewayProcess } from '../support/gateway-process.js';

interface Pair {
  cert: string;
  key: string;
}

async function pairFor(name: string): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  return { cert: made.cert, key: made.private };
}

let gateway: GatewayProcess;
let service: https.Server;
let tlsPort: number;
const seenNames: (string | false | null)[] = [];

function rememberName(name: string, done: (error: Error | null) => void): void {
  seenNames.push(name);
  done(null);
}

beforeAll(async () => {
  const [shop, wild, own] = await Promise.all([pairFor('shop.test'), pairFor('*.wild.test'), pairFor('service.test')]);
  service = https.createServer({ ...own, SNICallback: rememberName }, (request, response) => {
    response.end(`${request.headers['x-forwarded-proto']} ${request.headers.host}`);
  });
  service.listen(0, '127.0.0.1');
  await new Promise((resolve) => service.once('listening', resolve));
  const { port } = service.address() as AddressInfo;
  const route = (name: string, path: string, more = {}) => ({ name, paths: [path], strip_path: false, ...more });
  const config = {
    _format_version: '3.0',
    certificates: [
      { ...shop, snis: [{ name: 'shop.test' }] },
      { ...wild, snis: [{ name: '*.wild.test' }] },
    ],
    services: [
      {
        name: 'plain',
        url: `https://127.0.0.1:${port}`,
        routes: [
          route('plain', '/plain', { preserve_host: true }),
          route('secure', '/secure', { protocols: ['https'], https_redirect_status_code: 308 }),
        ],
      },
      { name: 'checked', url: `https://127.0.0.1:${port}`, tls_verify: true, retries: 0, routes: [route('checked', '/checked')] },
    ],
  };
  tlsPort = await freePort();
  gateway = await GatewayProcess.start(JSON.stringify(config), ['--tls-port', String(tlsPort)]);
}, 60_000);

afterAll(async () => {
  await gateway?.stop();
  service?.closeAllConnections();
  service?.close();
});

function commonName(servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port: tlsPort, host: '127.0.0.1', servername, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

function get(path: string, servername: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: tlsPort, path, servername, rejectUnauthorized: false, headers: { host: servername } };
    const request = https.get(options, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += chunk;
      resolve({ status: answer.statusCode!, text });
    });
    request.on('error', reject);
  });
}

describe('clients', () => {
  test.each([
    ['shop.test', 'shop.test'],
    ['a.wild.test', '*.wild.test'],
    ['SHOP.test', 'shop.test'],
    ['unknown.test', 'localhost'],
  ])('who asks for %s sees the certificate of %s', async (asked, seen) => expect(await commonName(asked)).toBe(seen));

  test('TLS 1.1 is refused', async () => {
    const attempt = new Promise((resolve, reject) => {
      const socket = tls.connect(
        { port: tlsPort, host: '127.0.0.1', maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
        () => resolve('connected'),
      );
      socket.on('error', reject);
    });
    await expect(attempt).rejects.toThrow();
  });

  test('a route for https alone redirects plain requests and serves secure ones', async () => {
    const plain = await fetch(`${gateway.url}/secure?x=1`, { redirect: 'manual' });
    expect(plain.status).toBe(308);
    expect(plain.headers.get('location')).toBe('https://127.0.0.1/secure?x=1');
    expect((await get('/secure', 'shop.test')).status).toBe(200);
  });
});

describe('services', () => {
  test('are asked over TLS by the name in Host', async () => {
    expect(await get('/plain', 'shop.test')).toEqual({ status: 200, text: 'https shop.test' });
    expect(seenNames).toContain('shop.test');
  });

  test('with tls_verify, a certificate that nobody vouches for is 502', async () => {
    expect((await get('/checked', 'shop.test')).status).toBe(502);
  });
});

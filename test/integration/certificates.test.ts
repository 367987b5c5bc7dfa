/** Certificates that change while clients are connected: by signal, by file, with one process and with several. */
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';
import { freePort, GatewayProcess, oneService } from '../support/gateway-process.js';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function pairFor(name: string): Promise<{ cert: string; key: string }> {
  const made = await generate([{ name: 'commonName', value: name }], { keyType: 'ec' });
  return { cert: made.cert, key: made.private };
}

class Files {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-test-'));
  readonly environment = { KONG_SSL_CERT: path.join(this.folder, 'cert.pem'), KONG_SSL_CERT_KEY: path.join(this.folder, 'key.pem') };

  write({ cert, key }: { cert: string; key: string }): void {
    fs.writeFileSync(this.environment.KONG_SSL_CERT, cert);
    fs.writeFileSync(this.environment.KONG_SSL_CERT_KEY, key);
  }
}

function connect(port: number, servername?: string): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', rejectUnauthorized: false, ...(servername ? { servername } : {}) };
    const socket = tls.connect(options, () => resolve(socket));
    socket.on('error', reject);
  });
}

async function nameSeen(port: number, servername?: string): Promise<string> {
  const socket = await connect(port, servername);
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

interface World {
  readonly gateway: GatewayProcess;
  readonly tlsPort: number;
  readonly files: Files;
  /** A configuration with certificates. */
  config(certificates?: object[]): string;
  signal(word: string): Promise<void>;
}

async function start(extra: string[] = [], environment: Record<string, string> = {}): Promise<World> {
  const service = http.createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await new Promise((resolve) => service.once('listening', resolve));
  open.push(() => {
    service.closeAllConnections();
    service.close();
  });
  const { port } = service.address() as AddressInfo;
  const files = new Files();
  open.push(() => fs.rmSync(files.folder, { recursive: true }));
  files.write(await pairFor('first.test'));
  const tlsPort = await freePort();
  const all = { ...files.environment, GATEWAY_WATCH_MS: '0', GATEWAY_LOG_LEVEL: 'info', ...environment };
  const gateway = await GatewayProcess.start(oneService(port), ['--tls-port', String(tlsPort), ...extra], all);
  open.push(() => gateway.stop('SIGKILL'));
  const signal = async (word: string): Promise<void> => {
    const before = gateway.log.length;
    gateway.child.kill('SIGHUP');
    await until(word, () => gateway.log.slice(before).includes(word));
  };
  const config = (certificates: object[] = []): string => JSON.stringify({ ...JSON.parse(oneService(port)), certificates });
  return { gateway, tlsPort, files, config, signal };
}

function ask(agent: https.Agent, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, agent, rejectUnauthorized: false };
    const request = https.get(options, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += chunk;
      resolve(text);
    });
    request.on('error', reject);
  });
}

describe.each([
  ['one process', []],
  ['several', ['--workers', '2']],
])('%s', (_what, extra) => {
  test('a new standard certificate is served from the signal on, and open connections go on', async () => {
    const { tlsPort, files, signal } = await start(extra);
    expect(await nameSeen(tlsPort)).toBe('first.test');
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    open.push(() => agent.destroy());
    await ask(agent, tlsPort);
    const [socket] = Object.values(agent.freeSockets)[0]!;
    files.write(await pairFor('second.test'));
    await signal('configuration reloaded');
    for (let i = 0; i < 6; i++) expect(await nameSeen(tlsPort)).toBe('second.test');
    expect(await ask(agent, tlsPort)).toBe('ok');
    expect(Object.values(agent.freeSockets)[0]![0]).toBe(socket);
  }, 60_000);

  test('a certificate that does not belong to its key is refused with all else; the old one goes on', async () => {
    const { gateway, tlsPort, files, config, signal } = await start(extra);
    const [first, second, shop] = await Promise.all(['first.test', 'second.test', 'shop.test'].map(pairFor));
    fs.writeFileSync(gateway.configFile, config([{ ...shop, snis: [{ name: 'shop.test' }] }]));
    for (const bad of [
      { cert: first!.cert, key: second!.key },
      { cert: '', key: '' },
      { cert: 'x', key: second!.key },
    ]) {
      files.write(bad);
      await signal('configuration refused');
      expect([await nameSeen(tlsPort), await nameSeen(tlsPort, 'shop.test')]).toEqual(['first.test', 'first.test']);
    }
    files.write(second!);
    await signal('configuration reloaded');
    expect([await nameSeen(tlsPort), await nameSeen(tlsPort, 'shop.test')]).toEqual(['second.test', 'shop.test']);
  }, 60_000);
});

test('files that change are seen without a signal', async () => {
  const { gateway, tlsPort, files, config } = await start([], { GATEWAY_WATCH_MS: '50' });
  files.write(await pairFor('second.test'));
  await until('the new certificate', async () => (await nameSeen(tlsPort)) === 'second.test');
  fs.writeFileSync(gateway.configFile, config([{ ...(await pairFor('shop.test')), snis: [{ name: 'shop.test' }] }]));
  await until('the new name', async () => (await nameSeen(tlsPort, 'shop.test')) === 'shop.test');
  fs.writeFileSync(gateway.configFile, '{');
  await until('refused', () => gateway.log.includes('configuration refused'));
  expect(await nameSeen(tlsPort, 'shop.test')).toBe('shop.test');
}, 60_000);

test('names are found as Kong finds them', async () => {
  const { gateway, tlsPort, config, signal } = await start();
  const names = ['a.b.test', '*.b.test', 'a.c.*', '*.test', '*'];
  const certificates = await Promise.all(names.map(async (name) => ({ ...(await pairFor(name)), snis: [{ name }] })));
  fs.writeFileSync(gateway.configFile, config(certificates));
  await signal('configuration reloaded');
  const seen = await Promise.all(
    ['a.b.test', 'x.b.test', 'x.a.b.test', 'a.c.org', 'b.test', 'A.B.Test', 'q.z'].map((name) => nameSeen(tlsPort, name)),
  );
  // `*.test` stands for names of three labels and more in no case of these: one label, and only the first.
  expect(seen).toEqual(['a.b.test', '*.b.test', '*', 'a.c.*', '*', 'a.b.test', '*']);
  // Without a name in the handshake it is the standard one, whatever `*` says.
  expect(await nameSeen(tlsPort)).toBe('first.test');
}, 60_000);

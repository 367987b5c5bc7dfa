/** The process as operators meet it: bad files, SIGTERM, SIGHUP, tunnels, old clients. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freePort, GatewayProcess, oneService } from '../support/gateway-process.js';

const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function service(handler: http.RequestListener): Promise<{ port: number; server: http.Server }> {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as net.AddressInfo).port, server };
}

async function start(config: string, extra: string[] = [], environment: Record<string, string> = {}): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start(config, extra, environment);
  open.push(() => gateway.stop('SIGKILL'));
  return gateway;
}

/** Sends raw bytes and collects everything until the other side closes. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

/** Whether the port takes a connection; asks nothing on it. */
function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

const command = path.resolve(import.meta.dirname, '../../bin/gatehouse');

describe('start', () => {
  test('a bad file: exit code 1 and one line per fault with its path', async () => {
    const gateway = await start(oneService(1));
    fs.writeFileSync(
      gateway.configFile,
      JSON.stringify({ _format_version: '3.0', services: [{ name: 's', url: 'http://a', retries: 'x', routes: [{ paths: ['no'] }] }] }),
    );
    const run = spawnSync(command, ['gateway', '--config', gateway.configFile, '--port', String(await freePort())], { encoding: 'utf8' });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('services[0].retries: expected an integer');
    expect(run.stderr).toContain('services[0].routes[0].paths[0]: should start with');
  });

  test('a plugin without a twin is refused by name', async () => {
    const gateway = await start(oneService(1));
    fs.writeFileSync(
      gateway.configFile,
      JSON.stringify({ _format_version: '3.0', plugins: [{ name: 'aws-lambda', config: { function_name: 'f', aws_region: 'x' } }] }),
    );
    const run = spawnSync(command, ['gateway', '--config', gateway.configFile, '--port', String(await freePort())], { encoding: 'utf8' });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('plugins[0]: the embedded data plane has no twin of the plugin "aws-lambda"');
  });

  test.each([[['gateway']], [['gateway', '--config', 'x', '--port', '99999']], [['nonsense']]])('wrong usage %j: exit code 2', (args) => {
    expect(spawnSync(command, args, { encoding: 'utf8' }).status).toBe(2);
  });
});

describe('SIGTERM', () => {
  test('lets requests in flight finish, refuses new connections, and ends with 0', async () => {
    let finish: () => void = () => {};
    let arrived: () => void = () => {};
    const seen = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { port } = await service((_request, response) => {
      finish = () => response.end('done');
      arrived();
    });
    const gateway = await start(oneService(port));
    const answer = fetch(`${gateway.url}/slow`);
    await seen;
    const ended = gateway.stop('SIGTERM');
    while (!gateway.log.includes('draining')) await new Promise((resolve) => setImmediate(resolve));
    // Connections that the system has made already are taken first; after them the port is closed.
    while (await connects(gateway.port)) await new Promise((resolve) => setImmediate(resolve));
    finish();
    expect(await (await answer).text()).toBe('done');
    expect(await ended).toBe(0);
  }, 30_000);

  test('ends what does not finish within the limit', async () => {
    let arrived: () => void = () => {};
    const seen = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { port } = await service(() => arrived());
    const gateway = await start(oneService(port), [], { GATEWAY_DRAIN_TIMEOUT_MS: '100' });
    const answer = fetch(`${gateway.url}/never`).catch((error: Error) => error);
    await seen;
    expect(await gateway.stop('SIGTERM')).toBe(0);
    expect(await answer).toMatchObject({ message: 'fetch failed' });
  }, 30_000);
});

describe('SIGHUP', () => {
  test('takes a new file in use, and keeps the old one when the new one is bad', async () => {
    const one = await service((_request, response) => response.end('one'));
    const two = await service((_request, response) => response.end('two'));
    const gateway = await start(oneService(one.port));
    const ask = async (): Promise<string> => (await fetch(gateway.url)).text();
    const reload = async (text: string, word: string): Promise<void> => {
      const before = gateway.log.length;
      fs.writeFileSync(gateway.configFile, text);
      gateway.child.kill('SIGHUP');
      while (!gateway.log.slice(before).includes(word)) await new Promise((resolve) => setImmediate(resolve));
    };
    expect(await ask()).toBe('one');
    await reload(oneService(two.port), 'configuration reloaded');
    expect(await ask()).toBe('two');
    await reload('{', 'configuration refused');
    expect(await ask()).toBe('two');
  }, 30_000);
});

describe('protocols', () => {
  test('a WebSocket tunnel carries bytes both ways and ends with either side', async () => {
    const { port, server } = await service((_request, response) => response.end());
    server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello');
      socket.on('data', (data) => (String(data) === 'bye' ? socket.end() : socket.write(`echo ${data}`)));
    });
    const gateway = await start(oneService(port));
    const socket = net.connect(gateway.port, '127.0.0.1');
    let text = '';
    const ended = new Promise((resolve) => socket.on('close', resolve));
    socket.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const waitFor = async (word: string): Promise<void> => {
      while (!text.includes(word)) await new Promise((resolve) => socket.once('data', resolve));
    };
    socket.on('data', (data) => {
      text += String(data);
    });
    await waitFor('hello');
    expect(text).toMatch(/^HTTP\/1.1 101 /);
    socket.write('one');
    await waitFor('echo one');
    socket.write('bye');
    await ended;
  }, 30_000);

  test('an HTTP/1.0 client gets a body that ends with the connection', async () => {
    const { port } = await service((_request, response) => {
      response.write('a');
      response.end('b');
    });
    const gateway = await start(oneService(port));
    const answer = await exchange(gateway.port, 'GET / HTTP/1.0\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(answer).toContain('Connection: close\r\n');
    expect(answer).not.toContain('chunked');
    expect(answer.endsWith('\r\n\r\nab')).toBe(true);
  }, 30_000);

  test('Expect: 100-continue is answered before the body comes', async () => {
    const { port } = await service((request, response) => request.pipe(response));
    const gateway = await start(oneService(port));
    const request = http.request(gateway.url, { method: 'POST', headers: { expect: '100-continue', 'content-length': '2' } });
    const answer = new Promise<http.IncomingMessage>((resolve) => request.on('response', resolve));
    request.flushHeaders();
    await new Promise((resolve) => request.once('continue', resolve));
    request.end('ok');
    let text = '';
    for await (const chunk of await answer) text += chunk;
    expect(text).toBe('ok');
  }, 30_000);
});

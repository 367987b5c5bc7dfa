/** Several processes behind one port, and what can be seen of them from outside. */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import { freePort, GatewayProcess } from '../../support/gateway-process.js';

const PATIENCE_MS = 20_000;

/** Polls until something holds. Throws with `what` when that takes unreasonably long. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Asks on a connection of its own: whichever worker takes it. */
export function ask(port: number, path = '/', headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path, headers, agent: false }, async (answer) => {
      let body = '';
      for await (const chunk of answer) body += chunk;
      resolve({ status: answer.statusCode!, headers: answer.headers, body });
    });
    request.on('error', reject);
  });
}

/** How many answers there were of each status. */
export function tally(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

export async function service(handler: http.RequestListener): Promise<number> {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A gateway of several processes. */
export class Workers {
  private constructor(
    readonly gateway: GatewayProcess,
    readonly adminPort: number,
  ) {}

  static async start(config: object, workers = 3, environment: Record<string, string> = {}): Promise<Workers> {
    const adminPort = await freePort();
    const extra = ['--admin-port', String(adminPort), '--workers', String(workers)];
    const gateway = await GatewayProcess.start(JSON.stringify({ _format_version: '3.0', ...config }), extra, environment);
    open.push(() => gateway.stop('SIGKILL'));
    const made = new Workers(gateway, adminPort);
    await until('all workers serve', () => made.isReady());
    return made;
  }

  get port(): number {
    return this.gateway.port;
  }

  ask(path?: string, headers?: http.OutgoingHttpHeaders): Promise<Answer> {
    return ask(this.port, path, headers);
  }

  /** The same question so many times, together. */
  askTogether(times: number, path?: string, headers?: http.OutgoingHttpHeaders): Promise<Answer[]> {
    return Promise.all(Array.from({ length: times }, () => this.ask(path, headers)));
  }

  async admin(path: string): Promise<string> {
    return (await ask(this.adminPort, path)).body;
  }

  async isReady(): Promise<boolean> {
    return (await ask(this.adminPort, '/status/ready')).status === 200;
  }

  /** The workers' processes. */
  pids(): number[] {
    const { pid } = this.gateway.child;
    const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? [] : children.split(' ').map(Number);
  }

  async reload(config: object | string, word = 'configuration reloaded'): Promise<void> {
    const before = this.gateway.log.length;
    const text = typeof config === 'string' ? config : JSON.stringify({ _format_version: '3.0', ...config });
    fs.writeFileSync(this.gateway.configFile, text);
    this.gateway.child.kill('SIGHUP');
    await until(word, () => this.gateway.log.slice(before).includes(word));
  }
}

/** Starts the real `gatehouse gateway` command on a free port for tests that need the process itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const command = path.resolve(import.meta.dirname, '../../bin/gatehouse');
const READY_MS = 20_000;

/** A port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const canConnect = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

export class GatewayProcess implements AsyncDisposable {
  private constructor(
    readonly child: ChildProcess,
    readonly port: number,
    readonly configFile: string,
    private readonly output: string[],
  ) {}

  /** @param extra more arguments, such as `--admin-port` */
  static async start(config: string, extra: string[] = [], environment: Record<string, string> = {}): Promise<GatewayProcess> {
    const port = await freePort();
    const configFile = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-test-')), 'kong.yml');
    fs.writeFileSync(configFile, config);
    const child = spawn(command, ['gateway', '--config', configFile, '--port', String(port), ...extra], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => output.push(String(data)));
    const gateway = new GatewayProcess(child, port, configFile, output);
    await gateway.ready();
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get log(): string {
    return this.output.join('');
  }

  /** Resident memory in bytes: now, and the highest so far. */
  memory(): { now: number; peak: number } {
    const status = fs.readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const kilobytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
    return { now: kilobytes('VmRSS') * 1024, peak: kilobytes('VmHWM') * 1024 };
  }

  /** Sends a signal and waits for the end; resolves with the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => this.child.once('close', resolve));
      this.child.kill(signal);
      await ended;
    }
    fs.rmSync(path.dirname(this.configFile), { recursive: true, force: true });
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }

  private async ready(): Promise<void> {
    for (const until = Date.now() + READY_MS; Date.now() < until; ) {
      if (this.child.exitCode !== null) break;
      if (await canConnect(this.port)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await this.stop('SIGKILL');
    throw new Error(`the gateway did not start: ${this.log}`);
  }
}

/** A configuration with one service and one route for everything. `more` goes into the route, `service` into the service. */
export function oneService(port: number, more: Record<string, unknown> = {}, service: Record<string, unknown> = {}): string {
  const route = { name: 'all', paths: ['/'], strip_path: false, ...more };
  return JSON.stringify({
    _format_version: '3.0',
    services: [{ name: 'service', url: `http://127.0.0.1:${port}`, ...service, routes: [route] }],
  });
}

/** The whole stack of `gatehouse start` on ports of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { services } from '@gatehouse/testkit';

const gatehouse = path.resolve(import.meta.dirname, '../../../bin/gatehouse');
const WITHIN_MS = 60_000;

/** Free ports, all held until the last is found, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export class RunningStack {
  /** All that it printed so far. */
  log = '';

  private constructor(
    readonly process: ChildProcess,
    readonly environment: NodeJS.ProcessEnv,
    private readonly folder: string,
  ) {
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.log += chunk.toString();
      });
    }
  }

  /** Starts it, and waits until it is up. @param more variables */
  static async start(more: NodeJS.ProcessEnv = {}): Promise<RunningStack> {
    const folder = mkdtempSync(path.join(tmpdir(), 'devstack-'));
    const ports = await freePorts(7 + services.reduce((sum, { ports: { length } }) => sum + length, 0));
    const next = (): string => String(ports.pop());
    const mocks = services.map(({ portVariable, ports: wanted }) => [portVariable, wanted.map(next).join(',')]);
    const own = ['PROXY_PORT', 'PROXY_TLS_PORT', 'ADMIN_PORT', 'STATUS_PORT', 'HEALTHPAY_GATEWAY_PORT'].map((name) => [name, next()]);
    const environment = {
      ...process.env,
      ...Object.fromEntries([...mocks, ...own]),
      AUTH_SIDECAR_URL: `http://127.0.0.1:${next()}`,
      INTERVIEW_KEYCLOAK_ISSUER_URL: `http://127.0.0.1:${next()}/realms/test`,
      GATEHOUSE_RUN_DIR: folder,
      FORCE_COLOR: '',
      NO_COLOR: '1',
      ...more,
    };
    const stack = new RunningStack(
      spawn(gatehouse, ['start'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] }),
      environment,
      folder,
    );
    await stack.logged(/Gatehouse is up/);
    return stack;
  }

  get proxy(): string {
    return `http://127.0.0.1:${this.environment['PROXY_PORT']}`;
  }

  /** Waits for a line. @throws Error with all that was printed when it does not come */
  async logged(pattern: RegExp): Promise<void> {
    const deadline = Date.now() + WITHIN_MS;
    while (!pattern.test(this.log)) {
      if (Date.now() > deadline || this.process.exitCode !== null) throw new Error(`${pattern} did not come:\n${this.log}`);
      await wait(25);
    }
  }

  /** Runs a command of `gatehouse` beside it; its exit code and what it printed. */
  async run(...args: string[]): Promise<{ code: number; output: string }> {
    const child = spawn(gatehouse, args, { env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  }

  /** The process of a part, as it was when it was first ready. */
  pidOf(part: string): number {
    return Number(new RegExp(`${part} \\(process (\\d+)\\) ready`).exec(this.log)?.[1]);
  }

  /** Ends it as Ctrl-C would; the exit code. */
  async stop(): Promise<number | null> {
    const { process: child } = this;
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
    return child.exitCode;
  }
}

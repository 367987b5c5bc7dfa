/** Starts the real `gatehouse auth-sidecar` command on a free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { freePort } from './gateway-process.js';

const command = path.resolve(import.meta.dirname, '../../bin/gatehouse');
const READY_MS = 20_000;

export class SidecarProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly output: string[],
  ) {}

  /** @param environment settings, as `.env.example` names them */
  static async start(environment: Readonly<Record<string, string>>): Promise<SidecarProcess> {
    const url = `http://127.0.0.1:${await freePort()}`;
    const env = { ...process.env, ...environment, AUTH_SIDECAR_URL: url };
    const child = spawn(command, ['auth-sidecar'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => output.push(String(data)));
    const sidecar = new SidecarProcess(child, url, output);
    await sidecar.ready();
    return sidecar;
  }

  /** All that it wrote. */
  get log(): string {
    return this.output.join('');
  }

  /** Ends it; resolves with the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => this.child.once('close', resolve));
      this.child.kill(signal);
      await ended;
    }
    return this.child.exitCode;
  }

  private async ready(): Promise<void> {
    for (const until = Date.now() + READY_MS; Date.now() < until && this.child.exitCode === null; ) {
      const answer = await fetch(`${this.url}/status`).catch(() => null);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await this.stop('SIGKILL');
    throw new Error(`the sidecar did not start: ${this.log}`);
  }
}

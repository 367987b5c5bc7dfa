/** A Kong of the tests' own, started by test/kong/kong.mjs with the binary that KONG_BIN names, and its processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const RUNNER = path.resolve(import.meta.dirname, '../kong.mjs');
const HOOKS = path.resolve(import.meta.dirname, 'fault-hooks.mjs');
const READY_MS = 30_000;
const STEP_MS = 50;

interface Place {
  readonly url: string;
  readonly admin: string;
  /** Status addresses of the two plugin servers. */
  readonly servers: readonly [string, string];
  readonly prefix: string;
  /** Of nginx's master. */
  readonly pid: number;
}

/** What a plugin server says of itself. */
export interface ServerStatus {
  readonly pid: number;
  readonly ready: boolean;
}

export class RealKong implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    readonly place: Place,
  ) {}

  /** @param environment KONG_… settings; @param nodeOptions for the plugin servers */
  static async start(environment: Record<string, string> = {}, nodeOptions = ''): Promise<RealKong> {
    const env = { ...process.env, ...environment, NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import ${HOOKS} ${nodeOptions}` };
    const child = spawn(process.execPath, [RUNNER], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = readline.createInterface({ input: child.stdout! });
    const line = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      child.once('exit', () => reject(new Error('Kong did not start')));
    });
    return new RealKong(child, JSON.parse(line) as Place);
  }

  /** Null while it does not answer. @param number of the server, 0 or 1 */
  async server(number: 0 | 1): Promise<ServerStatus | null> {
    const answer = await fetch(`${this.place.servers[number]}/health`, { signal: AbortSignal.timeout(1000) }).catch(() => null);
    return answer ? ((await answer.json()) as ServerStatus) : null;
  }

  /** Waits until both plugin servers take requests. @returns their process ids */
  async serversReady(): Promise<[number, number]> {
    for (let waited = 0; waited < READY_MS; waited += STEP_MS) {
      const [first, second] = await Promise.all([this.server(0), this.server(1)]);
      if (first?.ready && second?.ready) return [first.pid, second.pid];
      await sleep(STEP_MS);
    }
    throw new Error('the plugin servers do not come back');
  }

  /** Process ids of nginx's workers. */
  workers(): number[] {
    const { pid } = this.place;
    const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
    return children.filter((child) => fs.readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('worker process'));
  }

  /** Makes plugin servers fail as fault-hooks.mjs says. */
  fault(pids: readonly number[], name: 'throw' | 'hang' | 'memory' | 'none'): void {
    fs.writeFileSync(path.join(this.place.prefix, 'fault'), name);
    for (const pid of pids) process.kill(pid, 'SIGUSR2');
  }

  socket(name: 'gatehouse' | 'gatehouse-1' | 'gatehouse-2'): string {
    return path.join(this.place.prefix, `${name}.sock`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }
}

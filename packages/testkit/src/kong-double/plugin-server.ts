/** Plugin servers as Kong starts them: asked for their plugins first, watched, and started again when they end. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** What a plugin server says of a plugin (`query_cmd`). */
export interface PluginInfo {
  readonly Name: string;
  readonly Version: string;
  readonly Priority: number;
  readonly Phases: readonly string[];
  readonly Schema: { readonly name: string; readonly fields: readonly object[] };
}

const QUERY_MS = 20_000;
const READY_MS = 20_000;
const POLL_MS = 10;
/** Characters of output that are kept. */
const OUTPUT_MAX = 4_000_000;

/** Runs a `query_cmd`: as Kong, it takes the first plugin of what is printed. Rejects when that is no such list. */
export function queryPlugin(command: string, args: readonly string[]): Promise<PluginInfo> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: QUERY_MS }, (error, stdout) => {
      if (error) return reject(error);
      const [info] = JSON.parse(stdout) as PluginInfo[];
      if (info) resolve(info);
      else reject(new Error(`no plugin in ${stdout}`));
    });
  });
}

export interface ManagedServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** All that it gets. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Sockets that are there when it is ready, and what it has written then; `"ready"` unless given. */
  readonly sockets: readonly string[];
  readonly readyText?: string;
  /** Kong starts a server again at once, but at most once in so many milliseconds; null: never. */
  readonly respawnMs: number | null;
}

/** A plugin server with a `start_cmd`. */
export class ManagedServer {
  /** What it wrote; and what of it to stdout. */
  output = '';
  stdout = '';
  starts = 0;
  private child: ChildProcess | null = null;
  private startedAt = 0;
  private stopping = false;

  constructor(private readonly options: ManagedServerOptions) {
    this.start();
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Resolves when its sockets are there. Rejects when that takes too long. */
  async ready(): Promise<this> {
    for (const end = Date.now() + READY_MS; !this.isReady(); ) {
      const over = this.options.respawnMs === null && this.child?.exitCode !== null;
      if (over || Date.now() > end) throw new Error(`the plugin server does not start: ${this.output}`);
      await wait(POLL_MS);
    }
    return this;
  }

  kill(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Ends it for good. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if (signal === 'SIGKILL') child.kill('SIGCONT');
    await ended;
  }

  /** Resolves when this very process has ended, with its exit code. */
  async ended(): Promise<number | null> {
    const { child } = this;
    if (!child) return null;
    if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
    return child.exitCode;
  }

  private isReady(): boolean {
    const { pid } = this;
    return (
      this.output.includes(this.options.readyText ?? '"ready"') &&
      this.options.sockets.every((socket) => fs.existsSync(socket)) &&
      pid !== 0
    );
  }

  private start(): void {
    const { command, args, environment } = this.options;
    this.startedAt = Date.now();
    this.starts++;
    this.output = '';
    const child = spawn(command, args, { env: { ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => this.wrote(text));
    child.on('exit', () => this.again());
  }

  private wrote(text: string): void {
    this.output = (this.output + text).slice(-OUTPUT_MAX);
  }

  private again(): void {
    const { respawnMs } = this.options;
    if (this.stopping || respawnMs === null) return;
    setTimeout(() => !this.stopping && this.start(), Math.max(0, this.startedAt + respawnMs - Date.now()));
  }
}

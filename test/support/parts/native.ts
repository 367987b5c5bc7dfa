/** A part as a process of this machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Part } from './part.js';

const STOP_MS = 20_000;
const SAID_MAX = 4_000;

export interface NativeProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly directory?: string;
  /** The command is a script that stays beside the server: signals go to both. */
  readonly group?: boolean;
}

/** Ends with this process, at the latest. */
export class NativePart implements Part {
  private child: ChildProcess | null = null;
  private group = false;
  private paused = false;
  private heard = '';

  constructor(private readonly program: () => NativeProgram) {}

  get ended(): boolean {
    return !this.child || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async launch(): Promise<void> {
    const { command, args, env, directory, group = false } = this.program();
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: group,
      ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
      ...(directory === undefined ? {} : { cwd: directory }),
    });
    this.child = child;
    this.group = group;
    this.paused = false;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => this.hear(String(data)));
    const end = (): void => this.signal('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (!child || this.ended) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    this.signal(signal);
    const harder = setTimeout(() => this.signal('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(harder);
    this.child = null;
  }

  async pause(): Promise<void> {
    this.signal('SIGSTOP');
    this.paused = true;
  }

  async resume(): Promise<void> {
    if (this.paused) this.signal('SIGCONT');
    this.paused = false;
  }

  remove(): Promise<void> {
    return this.kill();
  }

  async said(): Promise<string> {
    return this.heard;
  }

  private hear(text: string): void {
    this.heard = (this.heard + text).slice(-SAID_MAX);
  }

  private signal(name: NodeJS.Signals): void {
    const { child } = this;
    if (child?.pid === undefined || this.ended) return;
    if (this.group) process.kill(-child.pid, name);
    else child.kill(name);
  }
}

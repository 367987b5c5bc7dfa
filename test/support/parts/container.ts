/** A part in a container, on this machine's own network: it is where the native one would be, and reaches what that reaches. */
import { spawn } from 'node:child_process';
import type { ContainerRuntimeClient, GenericContainer } from 'testcontainers';
import type { Part } from './part.js';

const SAID_LINES = 40;
/** Head of a piece of a container's output: the stream, three zeros, the length. */
const FRAME = /[\0-\u0002]\0{3}[\s\S]{4}/g;

export interface ContainerProgram {
  readonly command: readonly string[];
  /** Instead of the image's own. */
  readonly entrypoint?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A directory of this machine that is at the same path within; the part then runs as our user. */
  readonly directory?: string;
  /** Files that it finds within, by the path there. */
  readonly files?: Readonly<Record<string, string>>;
}

type Container = ReturnType<ContainerRuntimeClient['container']['getById']>;

function describe(container: GenericContainer, program: ContainerProgram): GenericContainer {
  const { command, entrypoint, env, directory, files } = program;
  container.withNetworkMode('host').withCommand([...command]);
  if (entrypoint) container.withEntrypoint([...entrypoint]);
  if (env) container.withEnvironment({ ...env });
  if (files) container.withCopyFilesToContainer(Object.entries(files).map(([target, source]) => ({ source, target })));
  if (!directory) return container;
  const user = `${process.getuid?.()}:${process.getgid?.()}`;
  return container.withBindMounts([{ source: directory, target: directory }]).withUser(user);
}

/** Ends with this process, at the latest. One container for all launches: what it wrote stays. */
export class ContainerPart implements Part {
  private container: Container | null = null;
  private running: Promise<unknown> | null = null;
  private paused = false;

  constructor(
    private readonly image: string,
    private readonly program: ContainerProgram,
  ) {}

  get ended(): boolean {
    return this.running === null;
  }

  async launch(): Promise<void> {
    if (this.container) await this.container.start();
    else this.container = await this.create();
    const running = this.container.wait().finally(() => {
      if (this.running === running) this.running = null;
    });
    // A runtime that goes away has ended its containers for us.
    running.catch(() => undefined);
    this.running = running;
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const { container, running } = this;
    if (!container || !running) return;
    await this.resume();
    await container.kill({ signal });
    await running;
  }

  async pause(): Promise<void> {
    if (this.ended || this.paused) return;
    this.paused = true;
    await this.container?.pause();
  }

  async resume(): Promise<void> {
    if (!this.paused) return;
    this.paused = false;
    await this.container?.unpause();
  }

  async remove(): Promise<void> {
    const { container } = this;
    this.container = null;
    this.running = null;
    this.paused = false;
    process.off('exit', this.forget);
    await container?.remove({ force: true, v: true });
  }

  async said(): Promise<string> {
    const lines = await this.container?.logs({ stdout: true, stderr: true, tail: SAID_LINES });
    return String(lines ?? '').replaceAll(FRAME, '');
  }

  private async create(): Promise<Container> {
    const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
    // No port is published, so this waits for nothing: each part's own class knows when it answers.
    const described = describe(new GenericContainer(this.image), this.program).withWaitStrategy(Wait.forListeningPorts());
    const started = await described.start();
    const container = (await getContainerRuntimeClient()).container.getById(started.getId());
    this.container = container;
    process.once('exit', this.forget);
    return container;
  }

  /** Where no reaper watches, nothing else removes the container of a test that did not. */
  private readonly forget = (): void => {
    if (this.container) spawn('docker', ['rm', '-fv', this.container.id], { stdio: 'ignore', detached: true }).unref();
  };
}

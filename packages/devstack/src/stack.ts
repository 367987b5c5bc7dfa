import { KEY_FILE } from './development-key.js';
import type { PortSetting, Settings } from './settings.js';
import { type Part, Supervisor, type SupervisorWorld } from './supervisor.js';

/** What a stack needs of the world beside what its supervisor needs. */
export interface StackWorld extends SupervisorWorld {
  /** Runs a command of bin/cli.mjs to its end; the lines it printed when it failed. */
  run(args: readonly string[]): Promise<string[] | undefined>;
  /** Whether a port takes connections. */
  answers(port: number): Promise<boolean>;
  /** One line per port that cannot be opened. */
  takenPorts(ports: readonly PortSetting[]): Promise<string[]>;
  /** Resolves after some milliseconds. */
  pause(ms: number): Promise<void>;
  /** A line of progress. */
  progress(line: string): void;
}

/** The stack cannot start; one line per reason. */
export class StartError extends Error {
  readonly code = 'DEVSTACK_START';

  constructor(readonly reasons: readonly string[]) {
    super(reasons.join('\n'));
  }
}

/** Where the rendered configurations go; never committed. */
const renderedFiles = ({ runFolder }: Settings): { readonly all: string; readonly healthpay: string } => ({
  all: `${runFolder}/kong.yml`,
  healthpay: `${runFolder}/healthpay.yml`,
});

const READY_WITHIN_MS = 60_000;
const POLL_MS = 20;

interface StackPart extends Part {
  readonly ports: readonly PortSetting[];
}

const mocksPart = (settings: Settings): StackPart => ({
  name: 'mocks',
  args: ['mocks'],
  stage: 0,
  ports: Object.values(settings.mocks).flat(),
});

/** Issues the tokens; signs with the key of `bin/gatehouse token`. */
const identityPart = ({ identity, runFolder }: Settings): StackPart[] =>
  identity === undefined
    ? []
    : [{ name: 'identity', args: ['identity-provider', '--key', `${runFolder}/${KEY_FILE}`], stage: 0, ports: [identity] }];

/** Shared by sidecar and gateways. */
const redisPart = ({ redis }: Settings): StackPart[] =>
  redis === undefined ? [] : [{ name: 'redis', args: ['redis', '--port', String(redis.port)], stage: 0, ports: [redis] }];

const sidecarPart = ({ sidecar }: Settings): StackPart[] =>
  sidecar === undefined ? [] : [{ name: 'sidecar', args: ['auth-sidecar'], stage: 1, ports: [sidecar] }];

function gatewayPart(settings: Settings): StackPart {
  const { proxy, proxyTls, admin, status } = settings;
  const ports = ['--port', proxy.port, '--tls-port', proxyTls.port, '--admin-port', admin.port, '--status-port', status.port];
  return {
    name: 'gateway',
    args: ['gateway', '--config', renderedFiles(settings).all, ...ports.map(String)],
    stage: 2,
    ports: [proxy, proxyTls, admin, status],
  };
}

const healthpayPart = (settings: Settings): StackPart => ({
  name: 'healthpay',
  args: ['gateway', '--config', renderedFiles(settings).healthpay, '--port', String(settings.healthpay.port)],
  stage: 2,
  ports: [settings.healthpay],
});

/** The running stack. */
export class Stack {
  readonly supervisor: Supervisor;
  readonly #startedAt: number;

  constructor(
    private readonly settings: Settings,
    private readonly world: StackWorld,
  ) {
    this.supervisor = new Supervisor(world);
    this.#startedAt = world.now();
  }

  /**
   * Starts everything; resolves with the milliseconds it took once every port answers.
   * @throws StartError (a port is taken, the configuration is wrong), PartFailedError (a part ended at once).
   */
  async start(): Promise<number> {
    const mocks = mocksPart(this.settings);
    // Who asks the provider or Redis at once finds it there.
    const asked = [...identityPart(this.settings), ...redisPart(this.settings)];
    const sidecar = sidecarPart(this.settings);
    const gateways = [gatewayPart(this.settings), healthpayPart(this.settings)];
    const taken = await this.world.takenPorts([mocks, ...asked, ...sidecar, ...gateways].flatMap(({ ports }) => ports));
    if (taken.length > 0) throw new StartError(taken);
    const there = this.#startAll(asked);
    await Promise.all([
      this.#startAll([mocks]),
      there.then(() => this.#startAll(sidecar)),
      Promise.all([this.#render(), there]).then(() => this.#startAll(gateways)),
    ]);
    return this.world.now() - this.#startedAt;
  }

  async #startAll(parts: readonly StackPart[]): Promise<void> {
    for (const part of parts) this.supervisor.start(part);
    await Promise.all(parts.map((part) => this.#ready(part)));
  }

  async #render(): Promise<void> {
    const { all, healthpay } = renderedFiles(this.settings);
    await Promise.all([
      this.#renderTo(['render', '--out', all], all),
      this.#renderTo(['render', '--system', 'healthpay', '--out', healthpay], healthpay),
    ]);
  }

  async #renderTo(args: readonly string[], file: string): Promise<void> {
    const faults = await this.world.run(args);
    if (faults !== undefined) throw new StartError(faults);
    this.#progress(`rendered ${file}`);
  }

  async #ready(part: StackPart): Promise<void> {
    await Promise.race([this.#allAnswer(part), this.supervisor.failure]);
    this.supervisor.markReady(part.name);
    this.#progress(`${part.name} (process ${this.supervisor.pidOf(part.name)}) ready on ${ranges(part.ports.map(({ port }) => port))}`);
  }

  async #allAnswer(part: StackPart): Promise<void> {
    const deadline = this.world.now() + READY_WITHIN_MS;
    for (const { port, variable } of part.ports) {
      while (!(await this.world.answers(port))) {
        if (this.world.now() > deadline) throw new StartError([`${part.name} does not answer on port ${port} (${variable})`]);
        await this.world.pause(POLL_MS);
      }
    }
  }

  #progress(what: string): void {
    this.world.progress(`${String(Math.round(this.world.now() - this.#startedAt)).padStart(5)} ms  ${what}`);
  }
}

/** `9101, 9102, 9103, 9121` → `9101–9103, 9121`. */
export function ranges(ports: readonly number[]): string {
  const found: [number, number][] = [];
  for (const port of [...new Set(ports)].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === port - 1) last[1] = port;
    else found.push([port, port]);
  }
  return found.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
}

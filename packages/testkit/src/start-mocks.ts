import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CannedReplies } from './host/canned.js';
import { checkFault, known, type Steering } from './host/control.js';
import type { FaultInput } from './host/faults.js';
import { Listener } from './host/listener.js';
import type { Mock, MockEnvironment } from './host/mock.js';
import { type RecordedRequest, Recorder } from './host/recorder.js';
import type { Sleep } from './host/reply.js';
import { type HostWorld, ServiceHost } from './host/service-host.js';
import { mockSystems } from './mocks/index.js';
import { type Service, type System, services, systems } from './services.js';
import { developmentSecrets, type Secrets } from './tokens.js';

/** How to play the services; everything has a default. */
export interface MocksOptions {
  /** Only these products; all by default. */
  readonly systems?: readonly System[];
  /** Where a service listens: its default ports, or 0 for any free port. */
  readonly ports?: (service: Service) => readonly number[];
  /** Address to bind; 127.0.0.1 by default. */
  readonly host?: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** How delays of faults wait. */
  readonly sleep?: Sleep;
  /** With which the products' own services sign tokens. */
  readonly secrets?: Secrets;
  /** Holds a folder of canned replies per product. */
  readonly cannedDirectory?: string;
  /** Gets one line per thing worth knowing. */
  readonly warn?: (line: string) => void;
}

/** Every free port: for tests. */
export const ephemeralPorts = (service: Service): readonly number[] => service.ports.map(() => 0);

const shippedReplies = fileURLToPath(new URL('../canned/', import.meta.url));
const realSleep: Sleep = async (ms, signal) => {
  await wait(ms, undefined, { signal });
};

interface Played {
  readonly service: Service;
  readonly host: ServiceHost;
  readonly listeners: readonly Listener[];
}

/** The running mock services; names are `SYSTEM.SERVICE` throughout, Failure 404 for an unknown one. */
export class Mocks implements Steering, AsyncDisposable {
  readonly #played = new Map<string, Played>();
  readonly #environment: MockEnvironment;
  #sequence = 0;

  constructor(private readonly options: MocksOptions) {
    const now = options.now ?? Date.now;
    const warn = options.warn ?? (() => undefined);
    const directory = options.cannedDirectory ?? shippedReplies;
    this.#environment = {
      now,
      secrets: options.secrets ?? developmentSecrets,
      canned: (service) => new CannedReplies(`${directory}/${service.replace('.', '/')}`, now, warn),
    };
    const world: HostWorld = { now, sleep: options.sleep ?? realSleep, steering: this, warn };
    for (const system of options.systems ?? systems) this.#build(system, world);
  }

  /** Opens every port; MockPortError when one is taken. */
  async open(): Promise<void> {
    const listeners = [...this.#played.values()].flatMap((played) => played.listeners);
    const outcomes = await Promise.allSettled(listeners.map((listener) => listener.open()));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed === undefined) return;
    await this.close();
    throw failed.reason;
  }

  /** Addresses of all services (`http://127.0.0.1:9102`), one per target. */
  services(): Record<string, readonly string[]> {
    return Object.fromEntries([...this.#played.keys()].map((name) => [name, this.urls(name)]));
  }

  /** Addresses of one service, one per target. */
  urls(service: string): string[] {
    return this.ports(service).map((port) => `http://${this.options.host ?? '127.0.0.1'}:${port}`);
  }

  /** Ports of one service, one per target. */
  ports(service: string): number[] {
    return this.#find(service).listeners.map((listener) => listener.port);
  }

  /** What a service got, oldest first; health probes are left out. */
  requests(service: string, urlPrefix = ''): RecordedRequest[] {
    return this.#find(service).host.recorder.list(urlPrefix);
  }

  /** Forgets what a service got. */
  forget(service: string): void {
    this.#find(service).host.recorder.clear();
  }

  /** Arms a fault; Failure 400 when it makes no sense. */
  async fault(service: string, fault: FaultInput): Promise<void> {
    const { host } = this.#find(service);
    host.faults.add(checkFault(fault));
    await this.#settle(service);
  }

  /** Faults still armed. */
  faults(service: string): unknown[] {
    return this.#find(service).host.faults.list();
  }

  /** Disarms the faults of a service; targets that were down listen again. */
  async clearFaults(service: string): Promise<void> {
    this.#find(service).host.faults.clear();
    await this.#settle(service);
  }

  /** Everything as at the start: state, faults, recorded requests. */
  async reset(): Promise<void> {
    for (const system of this.options.systems ?? systems) {
      const mocks = mockSystems[system](this.#environment);
      for (const [name, mock] of Object.entries(mocks)) this.#find(`${system}.${name}`).host.replace(mock);
    }
    for (const name of this.#played.keys()) {
      this.forget(name);
      await this.clearFaults(name);
    }
  }

  /** Closes every port and connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#played.values()].flatMap((played) => played.listeners.map((listener) => listener.shut())));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #build(system: System, world: HostWorld): void {
    const mocks = mockSystems[system](this.#environment);
    for (const service of services) {
      const mock = service.system === system ? mocks[service.name] : undefined;
      if (mock !== undefined) this.#add(service, mock, world);
    }
  }

  #add(service: Service, mock: Mock, world: HostWorld): void {
    const name = `${service.system}.${service.name}`;
    const nextSequence = (): number => {
      this.#sequence += 1;
      return this.#sequence;
    };
    const host = new ServiceHost(name, mock, new Recorder(name, nextSequence, world.now), world);
    const ports = (this.options.ports ?? ((s) => s.ports))(service);
    const address = this.options.host ?? '127.0.0.1';
    const listeners = ports.map((port) => new Listener(address, port, `mock of ${name}, set by ${service.portVariable}`, host));
    this.#played.set(name, { service, host, listeners });
  }

  async #settle(service: string): Promise<void> {
    const { host, listeners } = this.#find(service);
    await Promise.all(listeners.map((listener) => (host.faults.isDown(listener.port) ? listener.shut() : listener.open())));
  }

  #find(service: string): Played {
    return known(this.#played.get(service), service);
  }
}

/**
 * Plays the services of the products; resolves when every port answers.
 * @throws MockPortError when a port is taken, CannedFileError when a canned reply is wrong.
 */
export async function startMocks(options: MocksOptions = {}): Promise<Mocks> {
  const mocks = new Mocks(options);
  await mocks.open();
  return mocks;
}

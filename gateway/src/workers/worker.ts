/** One of several processes that serve a port: does what the first process says, and ends with it. */
import { type MetricFamily, registryFamilies } from '@gatehouse/plugins';
import type { Timers } from '@gatehouse/policy';
import { kongMetrics, statusOf } from '../admin/source.js';
import type { HealthEvent, PeerHealth } from '../balancer/index.js';
import { explain } from '../explain.js';
import { ConfigurationError, Gateway, type Prepared } from '../gateway.js';
import type { Log } from '../phases/plane.js';
import { kongRegistry } from '../plugins/prometheus/index.js';
import type { Settings } from '../settings.js';
import { Channel, type Port } from './channel.js';
import type { SiblingTale, StoreEvent } from './hub.js';
import { HubSharing } from './hub-sharing.js';
import { HubStores } from './hub-stores.js';
import type { Beginning, Edition, Loaded, Verdict, WorkerReport } from './messages.js';

/** How long a worker waits for what it begins with: the first process may be loading. */
const BEGIN_MS = 60_000;
const FAMILIES_MS = 2000;
/** The first process not answering is told of once in this time. */
const COMPLAIN_MS = 10_000;

export interface WorkerOptions {
  readonly settings: Settings;
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly port: Port;
  readonly timers: Timers;
  /** Ends the process. */
  exit(code: number): void;
}

export class Worker {
  readonly channel: Channel;
  private gateway: Gateway | null = null;
  private beginning: Beginning | null = null;
  private prepared: { readonly edition: Edition; readonly plan: Prepared } | null = null;
  private sharing: HubSharing | null = null;
  private stores: HubStores | null = null;
  private ending = false;
  private complainedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: WorkerOptions) {
    const handlers = {
      cast: (name: string, data: unknown) => this.heard(name, data),
      call: (name: string, data: unknown) => this.asked(name, data),
      stuck: () => this.orphaned(),
    };
    this.channel = new Channel(options.port, handlers, options.timers);
  }

  /** Asks for a configuration, loads it, listens. */
  async run(): Promise<void> {
    try {
      const beginning = (await this.channel.call('begin', null, BEGIN_MS)) as Beginning;
      this.beginning = beginning;
      const gateway = this.makeGateway(beginning);
      this.gateway = gateway;
      let edition = beginning.edition;
      for (;;) {
        gateway.renewStandardCertificate(edition.standard);
        gateway.apply(edition.text, edition.file);
        const said = (await this.channel.call('loaded', edition.version, BEGIN_MS)) as Loaded;
        if (said.listen) break;
        edition = said.edition;
      }
      await this.listen(gateway, beginning);
      this.channel.cast('ready', null);
    } catch (error) {
      const faults = error instanceof ConfigurationError ? error.faults : null;
      this.channel.cast('failed', { message: explain(error), faults });
      // The message must leave first.
      this.options.timers.after(1000, () => this.options.exit(1));
    }
  }

  /** Lets requests in flight finish, then ends. */
  drain(): void {
    if (this.ending) return;
    this.ending = true;
    const { exit } = this.options;
    if (!this.gateway?.config) return exit(0);
    this.gateway.close().then(
      () => exit(0),
      () => exit(1),
    );
  }

  /** The first process is gone: nobody counts any more, so nobody new is let in. */
  orphaned(): void {
    this.channel.close();
    if (!this.ending) this.options.log('error', 'the first process is gone: draining');
    this.drain();
  }

  private makeGateway({ edition, workers }: Beginning): Gateway {
    const { channel } = this;
    const degraded = (error: unknown): void => this.complain(error);
    const sharing = new HubSharing(channel, workers, degraded);
    const stores = new HubStores(channel, workers, degraded);
    this.sharing = sharing;
    this.stores = stores;
    return new Gateway({
      settings: this.options.settings,
      log: this.options.log,
      environment: this.options.environment,
      standardCertificate: edition.standard,
      sharing,
      balancer: {
        activeChecks: false,
        countsHere: false,
        onHealthEvent: (event) => channel.cast('health', event),
        // The first process tells of health; once is enough.
        log: () => undefined,
      },
      runtime: {
        memoryStores: (system, effects) => stores.of(system, effects),
        otherMetrics: () => channel.call('families', null, FAMILIES_MS).then((families) => families as MetricFamily[][]),
      },
    });
  }

  private async listen(gateway: Gateway, { listen, ticketKeys }: Beginning): Promise<void> {
    const { host, reusePort } = listen;
    if (listen.tlsPort !== null) await gateway.listenTls({ port: listen.tlsPort, host, reusePort }, Buffer.from(ticketKeys));
    await gateway.listen({ port: listen.port, host, reusePort });
  }

  private heard(name: string, data: unknown): void {
    if (name === 'drain') this.drain();
    else if (name === 'health') this.gateway?.balancer.applyHealthEvent(data as HealthEvent);
    else if (name === 'health-records') this.gateway?.balancer.restoreHealth(data as PeerHealth[]);
    else if (name === 'store-event') this.stores?.happened(data as StoreEvent);
    else if (name === 'sibling') this.sharing?.heard(data as SiblingTale);
    else if (name === 'drop') this.dropPrepared();
  }

  private asked(name: string, data: unknown): unknown {
    if (name === 'ping') return null;
    if (name === 'prepare') return this.prepare(data as Edition);
    if (name === 'take') return this.take(data as number);
    if (name === 'report') return this.report();
    throw new RangeError(`no worker can ${name}`);
  }

  private prepare(edition: Edition): Verdict {
    this.dropPrepared();
    try {
      this.prepared = { edition, plan: this.gateway!.prepare(edition.text, edition.file) };
      return { good: true };
    } catch (error) {
      if (error instanceof ConfigurationError) return { good: false, faults: error.faults };
      throw error;
    }
  }

  private take(version: number): number {
    const { prepared } = this;
    if (prepared?.edition.version !== version) throw new RangeError(`edition ${version} was not prepared`);
    this.prepared = null;
    prepared.plan.take();
    this.gateway!.renewStandardCertificate(prepared.edition.standard);
    return this.gateway!.config!.routes.length;
  }

  private dropPrepared(): void {
    this.prepared?.plan.drop();
    this.prepared = null;
  }

  private async report(): Promise<WorkerReport> {
    const gateway = this.gateway!;
    return {
      status: statusOf(gateway),
      kong: kongMetrics(gateway, this.beginning!.nodeId, false),
      health: kongRegistry.healthWanted.size > 0,
      families: await registryFamilies(gateway.runtime.registry),
    };
  }

  private complain(error: unknown): void {
    const now = performance.now();
    if (now - this.complainedAt < COMPLAIN_MS) return;
    this.complainedAt = now;
    this.options.log('warn', 'the first process does not answer: this worker counts alone, up to its share', { error: String(error) });
  }
}

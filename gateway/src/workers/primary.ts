/** The first of several processes: serves no request itself; counts, checks health, answers the admin port, and minds the workers. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { KongConfig } from '@gatehouse/kong-config';
import { environmentResolver, parseDeclarative } from '@gatehouse/kong-config/load';
import type { MetricFamily } from '@gatehouse/plugins';
import type { BaseEffects, Timers } from '@gatehouse/policy';
import { mergeText } from '../admin/merge-text.js';
import { type AdminSource, policyMetrics, type Status } from '../admin/source.js';
import { Balancer, type HealthEvent } from '../balancer/index.js';
import { ConfigurationError } from '../gateway.js';
import type { Log } from '../phases/plane.js';
import { renderHealth } from '../plugins/prometheus/index.js';
import type { Sources } from '../reload/sources.js';
import type { ChannelHandlers } from './channel.js';
import { type CounterAdd, type CounterCall, Hub, type SiblingTale, type StoreCall } from './hub.js';
import type { Beginning, Edition, WorkerReport } from './messages.js';
import { Supervisor } from './supervisor.js';
import type { Child, WorkerHandle } from './worker-handle.js';

const REPORT_MS = 2000;
/** Kong's metrics that say the same of every worker. */
const SAME = new Set(['kong_datastore_reachable', 'kong_node_info']);

export interface PrimaryOptions {
  readonly workers: number;
  readonly listen: Beginning['listen'];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly timers: Timers;
  now(): number;
  fork(): Child;
  /** For the stores of policies. */
  readonly effects: Omit<BaseEffects, 'shared'>;
}

export class Primary implements AdminSource {
  readonly supervisor: Supervisor;
  config: KongConfig | null = null;
  private readonly balancer: Balancer;
  private readonly hub: Hub;
  private readonly nodeId = randomUUID();
  private readonly ticketKeys = randomBytes(48);

  /** @throws ConfigurationError for what is no declarative configuration */
  constructor(
    sources: Sources,
    private readonly options: PrimaryOptions,
  ) {
    const { log, timers, now, fork, workers } = options;
    this.balancer = new Balancer([], [], {
      log,
      now,
      certificate: (id) => this.config?.certificates.find((entry) => entry.id === id) ?? null,
      onHealthEvent: (event) => this.castAll('health', event),
    });
    const cast = (name: string, data: unknown, except?: number): void => this.castAll(name, data, except);
    const castSpare = (name: string, data: unknown, bytes: number, except: number): void => {
      for (const { number, channel } of this.supervisor.workers) if (number !== except) channel.castSpare(name, data, bytes);
    };
    this.hub = new Hub({ cast, castSpare }, options.effects);
    this.supervisor = new Supervisor(sources, {
      workers,
      log,
      timers,
      now,
      fork,
      hub: (worker) => this.handlers(worker),
      beginning: (edition, worker) => this.beginning(edition, worker),
      joining: ({ channel }) => channel.cast('health-records', this.balancer.healthRecords()),
    });
    this.use(this.parse(sources));
  }

  /** Starts the workers; resolves when all serve. */
  start(): Promise<void> {
    return this.supervisor.start();
  }

  /** @returns the number of routes */
  async reload(sources: Sources): Promise<number> {
    const config = this.parse(sources);
    await this.supervisor.reload(sources);
    this.use(config);
    return config.routes.length;
  }

  /** Lets the workers finish. False when one had to be killed or failed. */
  async end(timeoutMs: number): Promise<boolean> {
    const clean = await this.supervisor.end(timeoutMs);
    this.balancer.close();
    this.hub.close();
    return clean;
  }

  // ---- AdminSource

  get ready(): boolean {
    return this.config !== null && this.supervisor.ready;
  }

  get workers(): { ready: number; configured: number } {
    return { ready: this.supervisor.readyCount, configured: this.options.workers };
  }

  async status(): Promise<Status> {
    const memory = process.memoryUsage();
    const sum: Status = { connections: 0, requests: 0, accepted: 0, served: 0, rss: memory.rss, heapUsed: memory.heapUsed };
    return (await this.reports()).reduce((total, { status }) => addUp(total, status), sum);
  }

  upstreams(): ReturnType<Balancer['snapshot']> {
    return this.balancer.snapshot();
  }

  async metrics(): Promise<string> {
    const reports = await this.reports();
    const kong = mergeText(
      reports.map((report) => report.kong),
      SAME,
    );
    const health = reports.some((report) => report.health) ? renderHealth(this.balancer) : '';
    return kong + health + policyMetrics(reports.map(({ families }) => families));
  }

  private parse({ text, file }: Sources): KongConfig {
    const { config, faults } = parseDeclarative(text, file, { resolveReference: environmentResolver(this.options.environment) });
    if (!config) throw new ConfigurationError(faults);
    return config;
  }

  private use(config: KongConfig): void {
    this.config = config;
    this.balancer.update(config.upstreams, config.targets);
  }

  private beginning(edition: Edition, worker: number): Beginning {
    const { listen, workers } = this.options;
    return { edition, worker, workers, nodeId: this.nodeId, ticketKeys: this.ticketKeys, listen };
  }

  private castAll(name: string, data: unknown, except?: number): void {
    for (const { number, channel } of this.supervisor.workers) if (number !== except) channel.cast(name, data);
  }

  private handlers(worker: WorkerHandle): Omit<ChannelHandlers, 'stuck'> {
    return {
      cast: (name, data) => {
        if (name === 'count-add') this.hub.add(data as CounterAdd);
        else if (name === 'sibling') this.hub.relay(data as SiblingTale, worker.number);
        else if (name === 'health') this.observed(data as HealthEvent);
      },
      call: (name, data) => {
        if (name === 'count') return this.hub.count(data as CounterCall);
        if (name === 'store') return this.hub.ask(data as StoreCall, worker.number);
        if (name === 'revocations') return this.hub.revocations(data as string);
        if (name === 'families') return this.familiesOfOthers(worker.number);
        throw new RangeError(`the first process can't ${name}`);
      },
    };
  }

  /** What a worker saw of a target counts here, and then in all workers, in this order. */
  private observed(event: HealthEvent): void {
    this.balancer.applyHealthEvent(event);
    this.castAll('health', event);
  }

  private async reports(except?: number): Promise<WorkerReport[]> {
    const serving = this.supervisor.workers.filter(({ state, number }) => state === 'ready' && number !== except);
    const asked = serving.map(({ channel }) => channel.call('report', null, REPORT_MS).catch(() => null));
    return ((await Promise.all(asked)) as (WorkerReport | null)[]).filter((report) => report !== null);
  }

  private async familiesOfOthers(worker: number): Promise<(readonly MetricFamily[])[]> {
    return (await this.reports(worker)).map(({ families }) => families);
  }
}

function addUp(a: Status, b: Status): Status {
  return {
    connections: a.connections + b.connections,
    requests: a.requests + b.requests,
    accepted: a.accepted + b.accepted,
    served: a.served + b.served,
    rss: a.rss + b.rss,
    heapUsed: a.heapUsed + b.heapUsed,
  };
}

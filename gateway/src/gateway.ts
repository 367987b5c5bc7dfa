/** The embedded data plane as a whole: configuration in, listeners out. */
import type { Fault, KongConfig } from '@gatehouse/kong-config';
import { environmentResolver, parseDeclarative } from '@gatehouse/kong-config/load';
import { createRuntime, type Runtime, type RuntimeOptions } from '@gatehouse/plugins';
import { Balancer, type BalancerEnvironment } from './balancer/index.js';
import { buildPlane, PlaneError, type PlaneParts, type Sharing, type Source } from './config/build-plane.js';
import { RedisLinks } from './config/redis-links.js';
import { LivePlane } from './phases/live-plane.js';
import type { Log } from './phases/plane.js';
import type { PluginTwin } from './plugin.js';
import { defaultPoolLimits, UpstreamPool } from './proxy/upstream-pool.js';
import { GatewayServer, type ListenOptions } from './server.js';
import type { Settings } from './settings.js';
import { CertificateError, CertificateTable, type KeyPair } from './tls/certificates.js';
import { alone } from './workers/alone.js';

/** A configuration was refused; every fault is in it. */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION_INVALID';
  constructor(readonly faults: readonly Fault[]) {
    super(`${faults.length} fault(s) in the configuration`);
  }
}

export interface GatewayOptions {
  readonly settings: Settings;
  readonly log: Log;
  readonly standardCertificate: KeyPair;
  /** What secrets named `env:…` stand for. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What plugins share with other processes. Default: there are none. */
  readonly sharing?: Sharing;
  /** What differs from a process that is alone. */
  readonly balancer?: Partial<BalancerEnvironment>;
  readonly runtime?: Pick<RuntimeOptions, 'memoryStores' | 'otherMetrics'>;
  /** Plugins in place of the built-in ones, or beside them: tests put the Lua under Kong here. */
  readonly twins?: ReadonlyMap<string, PluginTwin>;
  now?(): number;
}

/** A configuration that was found good and is not in use yet: exactly one of the two ends it. */
export interface Prepared {
  /** Takes it in use; what was in use before goes on until its last request is done. */
  take(): void;
  drop(): void;
}

export class Gateway {
  readonly server: GatewayServer;
  private readonly parts: PlaneParts;
  private readonly certificates: CertificateTable;
  private live: LivePlane | null = null;
  /** What policies share; outlives configurations. */
  readonly runtime: Runtime;

  constructor(private readonly options: GatewayOptions) {
    const now = options.now ?? Date.now;
    const { settings, log } = options;
    this.runtime = createRuntime({ log, environment: options.environment, now, ...options.runtime });
    const certificate = (id: string): KeyPair | null => this.config?.certificates.find((entry) => entry.id === id) ?? null;
    this.parts = {
      balancer: new Balancer([], [], { log, now, certificate, ...options.balancer }),
      pool: new UpstreamPool(defaultPoolLimits, now),
      added: settings.added,
      trustedIps: settings.trustedIps,
      retryOn: settings.retryOn,
      log,
      policyEffects: this.runtime.effects,
      ...(options.twins ? { twins: options.twins } : {}),
      pluginState: new Map(),
      sharing: options.sharing ?? alone(),
      redis: new RedisLinks(this.runtime.effects),
      now,
    };
    this.certificates = new CertificateTable(options.standardCertificate);
    this.server = new GatewayServer({ limits: settings.limits, log, now, plane: () => this.live! });
  }

  get config(): KongConfig | null {
    return this.live?.plane.config ?? null;
  }

  get balancer(): Balancer {
    return this.parts.balancer;
  }

  /**
   * Takes a declarative text in use; what was in use before stays when it is refused.
   * @param file named in faults
   * @throws ConfigurationError
   */
  apply(text: string, file: string): void {
    this.prepare(text, file).take();
  }

  /**
   * Makes a configuration ready.
   * @throws ConfigurationError
   */
  prepare(text: string, file: string): Prepared {
    const { config, faults, places } = parseDeclarative(text, file, { resolveReference: environmentResolver(this.options.environment) });
    if (!config) throw new ConfigurationError(faults);
    return this.prepareConfig(config, { file, places });
  }

  /** The same for what was read already. */
  prepareConfig(config: KongConfig, source: Source): Prepared {
    const { next, takeCertificates } = this.build(config, source);
    const take = (): void => {
      const before = this.live;
      takeCertificates();
      this.parts.balancer.update(config.upstreams, config.targets);
      this.live = next;
      before?.retire();
    };
    return { take, drop: () => next.retire() };
  }

  private build(config: KongConfig, source: Source): { next: LivePlane; takeCertificates: () => void } {
    try {
      const takeCertificates = this.certificates.prepare(config);
      const { plane, close } = buildPlane(config, source, this.parts);
      return { next: new LivePlane(plane, close), takeCertificates };
    } catch (error) {
      if (error instanceof PlaneError) throw new ConfigurationError(error.faults);
      if (error instanceof CertificateError) {
        throw new ConfigurationError([{ file: source.file, path: 'certificates', message: error.message }]);
      }
      throw error;
    }
  }

  /** Takes another standard certificate in use. */
  renewStandardCertificate(pair: KeyPair): void {
    this.certificates.renewStandard(pair);
  }

  listen(where: ListenOptions): Promise<number> {
    return this.server.listen(where);
  }

  listenTls(where: ListenOptions, ticketKeys?: Buffer): Promise<number> {
    return this.server.listenTls(where, this.certificates, ticketKeys);
  }

  /** Drains, then frees everything. */
  async close(): Promise<void> {
    await this.server.drain(this.options.settings.drainTimeoutMs);
    this.live?.retire();
    this.parts.balancer.close();
    this.parts.pool.close();
    this.runtime.close();
  }
}

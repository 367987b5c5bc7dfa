/** The embedded data plane as a whole: configuration in, listeners out. */
import fs from 'node:fs/promises';
import type { Fault, KongConfig } from '@gatehouse/kong-config';
import { environmentResolver, parseDeclarative } from '@gatehouse/kong-config/load';
import { createRuntime, type Runtime } from '@gatehouse/plugins';
import { Balancer } from './balancer/index.js';
import { buildPlane, PlaneError, type PlaneParts, type Sharing, type Source } from './config/build-plane.js';
import { LivePlane } from './phases/live-plane.js';
import type { Log } from './phases/plane.js';
import { defaultPoolLimits, UpstreamPool } from './proxy/upstream-pool.js';
import { GatewayServer } from './server.js';
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
  now?(): number;
}

export class Gateway {
  readonly server: GatewayServer;
  private readonly parts: PlaneParts;
  private readonly certificates: CertificateTable;
  private live: LivePlane | null = null;
  private loading: Promise<void> = Promise.resolve();
  /** What policies share; outlives configurations. */
  readonly runtime: Runtime;

  constructor(private readonly options: GatewayOptions) {
    const now = options.now ?? Date.now;
    const { settings, log } = options;
    this.runtime = createRuntime({ log, environment: options.environment, now });
    const certificate = (id: string): KeyPair | null => this.config?.certificates.find((entry) => entry.id === id) ?? null;
    this.parts = {
      balancer: new Balancer([], [], { log, now, certificate }),
      pool: new UpstreamPool(defaultPoolLimits, now),
      added: settings.added,
      trustedIps: settings.trustedIps,
      retryOn: settings.retryOn,
      log,
      policyEffects: this.runtime.effects,
      pluginState: new Map(),
      sharing: options.sharing ?? alone(),
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
   * Takes a declarative file in use; what was in use before goes on until its last request is done, and stays when the file is
   * refused.
   * @throws ConfigurationError
   */
  load(file: string): Promise<void> {
    // One after the other, or what was read first might come into use last.
    const loaded = this.loading.then(() => this.read(file));
    this.loading = loaded.catch(() => undefined);
    return loaded;
  }

  private async read(file: string): Promise<void> {
    const text = await fs.readFile(file, 'utf8').catch((error: Error) => {
      throw new ConfigurationError([{ file, path: '', message: `the file can't be read (${error.message})` }]);
    });
    this.apply(text, file);
  }

  /** The same for a text. */
  apply(text: string, file: string): void {
    const { config, faults, places } = parseDeclarative(text, file, { resolveReference: environmentResolver(this.options.environment) });
    if (!config) throw new ConfigurationError(faults);
    const { next, takeCertificates } = this.build(config, { file, places });
    const before = this.live;
    takeCertificates();
    this.parts.balancer.update(config.upstreams, config.targets);
    this.live = next;
    before?.retire();
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

  listen(port: number, host: string): Promise<number> {
    return this.server.listen(port, host);
  }

  listenTls(port: number, host: string): Promise<number> {
    return this.server.listenTls(port, host, this.certificates);
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

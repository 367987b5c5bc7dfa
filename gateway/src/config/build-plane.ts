/** Makes a configuration ready to serve, or says everything that stands in the way. */

import { randomUUID } from 'node:crypto';
import type tls from 'node:tls';
import type { Fault, KongConfig, Places, PluginEntity } from '@gatehouse/kong-config';
import { type Balancer, balancerFaults } from '../balancer/index.js';
import { hostName, TrustedPeers } from '../phases/client-request.js';
import type { LiveExchange } from '../phases/exchange.js';
import type { AddedHeaders, Log, Plane } from '../phases/plane.js';
import { ChainTable, type OrderedInstance, type OrderedPolicy } from '../phases/plugin-chain.js';
import { requestId } from '../phases/request-id.js';
import type { Counters, Directory, PluginEnvironment, PluginInstance, PluginTwin, Siblings } from '../plugin.js';
import { twins } from '../plugins/index.js';
import { fuseWith, isPolicy, type PolicyEffects, policyLink } from '../policies/build.js';
import type { UpstreamPool } from '../proxy/upstream-pool.js';
import { buildRouter, RouterError } from '../router/index.js';
import type { RetryOn } from '../settings.js';
import { directoryOf } from './directory.js';
import type { RedisLinks } from './redis-links.js';

/** What plugins of one name share with those in other processes; the same object for a name each time. */
export interface Sharing {
  counters(plugin: string): Counters;
  siblings(plugin: string): Siblings;
}

/** What outlives a configuration. */
export interface PlaneParts {
  readonly balancer: Balancer;
  readonly pool: UpstreamPool;
  readonly added: AddedHeaders;
  readonly trustedIps: readonly string[];
  readonly retryOn: RetryOn;
  readonly log: Log;
  readonly policyEffects: PolicyEffects;
  /** Plugins in place of the built-in ones, or beside them. */
  readonly twins?: ReadonlyMap<string, PluginTwin>;
  /** State of plugins that survives a reload, by plugin name. */
  readonly pluginState: Map<string, Map<string, unknown>>;
  readonly sharing: Sharing;
  readonly redis: RedisLinks;
  now(): number;
}

/** Where a configuration comes from: its file, and where in it each entity stands, for faults. */
export interface Source {
  readonly file: string;
  readonly places: Places;
}

/** The configuration asks for what the embedded plane can't do. */
export class PlaneError extends Error {
  readonly code = 'CONFIGURATION_UNSUPPORTED';
  constructor(readonly faults: readonly Fault[]) {
    super(faults.map((fault) => `${fault.path}: ${fault.message}`).join('\n'));
  }
}

function environmentFor(entity: PluginEntity, directory: Directory, parts: PlaneParts): PluginEnvironment {
  const { name, route, service, consumer } = entity;
  const state = parts.pluginState.get(name) ?? new Map<string, unknown>();
  parts.pluginState.set(name, state);
  return {
    directory,
    scope: { route: route?.id ?? null, service: service?.id ?? null, consumer: consumer?.id ?? null },
    now: parts.now,
    uuid: randomUUID,
    log: (level, message, fields) => parts.log(level, message, { plugin: name, ...fields }),
    state,
    counters: parts.sharing.counters(name),
    redisCounters: (target, prefix, syncSeconds) => parts.redis.counters(target, prefix, syncSeconds),
    siblings: parts.sharing.siblings(name),
  };
}

interface Built {
  ordered: OrderedInstance[];
  policies: OrderedPolicy[];
  faults: Fault[];
}

function instantiate(config: KongConfig, source: Source, parts: PlaneParts): Built {
  const { file, places } = source;
  const built: Built = { ordered: [], policies: [], faults: [] };
  const directory = directoryOf(config);
  config.plugins.forEach((entity, i) => {
    if (!entity.enabled) return;
    const path = places.get(entity.id) ?? `plugins[${i}]`;
    const given = parts.twins?.get(entity.name);
    if (!given && isPolicy(entity.name)) {
      const made = policyLink(entity, path, file, parts.policyEffects);
      if (Array.isArray(made)) built.faults.push(...made);
      else built.policies.push(made);
      return;
    }
    const twin = given ?? twins.get(entity.name);
    if (!twin) {
      const message = `the embedded data plane has no twin of the plugin "${entity.name}"`;
      built.faults.push({ file, path, message, hint: 'run this file under Kong, or remove the plugin' });
      return;
    }
    try {
      const instance = twin.create(entity.config, environmentFor(entity, directory, parts));
      built.ordered.push({ entity, instance, priority: twin.priority });
    } catch (error) {
      built.faults.push({ file, path: `${path}.config`, message: (error as Error).message });
    }
  });
  return built;
}

function closeAll(built: Built): void {
  for (const { instance } of built.ordered) instance.close?.();
  for (const { link } of built.policies) link.instance.close?.();
}

function tlsOptions(config: KongConfig): (exchange: LiveExchange, host: string) => tls.ConnectionOptions {
  const authorities = new Map(config.ca_certificates.map((entry) => [entry.id, entry.cert]));
  const pairs = new Map(config.certificates.map((entry) => [entry.id, entry]));
  return (exchange, host) => {
    const service = exchange.service!;
    const pair = service.client_certificate ? pairs.get(service.client_certificate.id) : undefined;
    const ca = service.ca_certificates?.flatMap((id) => authorities.get(id) ?? []);
    const servername = hostName(host);
    return {
      ...(/^[\d.]+$|:/.test(servername) ? {} : { servername }),
      rejectUnauthorized: service.tls_verify ?? false,
      ALPNProtocols: ['http/1.1'],
      ...(ca && ca.length > 0 ? { ca } : {}),
      ...(pair ? { cert: pair.cert, key: pair.key } : {}),
    };
  };
}

/**
 * @returns the plane and how to free what it holds
 * @throws PlaneError with every fault at once
 */
export function buildPlane(config: KongConfig, source: Source, parts: PlaneParts): { plane: Plane; close: () => void } {
  const { file, places } = source;
  const built = instantiate(config, source, parts);
  const { faults } = built;
  const services = new Map(config.services.map((service) => [service.id, service]));
  faults.push(...balancerFaults(config.upstreams).map((fault) => ({ ...fault, file })));
  let router: Plane['router'] | null = null;
  try {
    router = buildRouter(config.routes, services);
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    faults.push(
      ...error.faults.map(({ route, field, message }) => ({ file, path: `${places.get(route.id) ?? 'routes'}.${field}`, message })),
    );
  }
  if (faults.length > 0 || !router) {
    closeAll(built);
    throw new PlaneError(faults);
  }
  const chains = new ChainTable(config, built.ordered, built.policies, fuseWith(config, parts.policyEffects));
  const plane: Plane = {
    config,
    router,
    services,
    consumers: new Map(config.consumers.map((consumer) => [consumer.id, consumer])),
    chains,
    rewriters: chains.global.filter((instance: PluginInstance) => instance.rewrite),
    balancer: parts.balancer,
    forward: { balancer: parts.balancer, pool: parts.pool, retryOn: parts.retryOn, tlsFor: tlsOptions(config), now: parts.now },
    trust: new TrustedPeers({ trustedIps: parts.trustedIps }),
    added: parts.added,
    log: parts.log,
    now: parts.now,
    requestId,
  };
  return { plane, close: () => closeAll(built) };
}

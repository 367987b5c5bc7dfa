/** Which plugins run for a route, in which order, and with whose configuration (Kong: runloop/plugins_iterator.lua). */
import type { KongConfig, PluginEntity, Route } from '@gatehouse/kong-config';
import type { ChainLink as PolicyLink } from '@gatehouse/plugins';
import type { PluginInstance } from '../plugin.js';
import { POLICIES_PRIORITY } from '../policies/policy-chain.js';

/** One plugin's place in a chain. */
export interface ChainLink {
  readonly name: string;
  /** What runs when no consumer is known. */
  readonly base: PluginInstance | null;
  /** What runs for a consumer that has something of its own, by consumer id. */
  readonly byConsumer: ReadonlyMap<string, PluginInstance> | null;
}

/** The plugins of one route, by falling priority. */
export interface Chain {
  readonly links: readonly ChainLink[];
  /** The instances when no consumer matters: shared by all requests that have no consumer-scoped plugin in their chain. */
  readonly fixed: readonly PluginInstance[] | null;
}

export interface OrderedInstance {
  readonly entity: PluginEntity;
  readonly instance: PluginInstance;
  readonly priority: number;
}

/** A policy with its configuration: all those of a route are fused into one instance. */
export interface OrderedPolicy {
  readonly entity: PluginEntity;
  readonly link: PolicyLink;
}

/** Makes one instance of a route's policies. `route` is null for requests that never reach a route. */
export type Fuse = (links: readonly PolicyLink[], route: Route | null) => OrderedInstance['instance'];

const scope = (route: string | undefined, service: string | undefined, consumer: string | undefined): string =>
  `${route ?? ''}:${service ?? ''}:${consumer ?? ''}`;

const GLOBAL = scope(undefined, undefined, undefined);

/** consumer+route+service, c+r, c+s, r+s, c, r, s, global. */
function lookUp<T>(scopes: ReadonlyMap<string, T>, route?: string, service?: string, consumer?: string): T | null {
  const keys = consumer
    ? [
        scope(route, service, consumer),
        scope(route, undefined, consumer),
        scope(undefined, service, consumer),
        scope(route, service, undefined),
        scope(undefined, undefined, consumer),
      ]
    : [scope(route, service, undefined)];
  keys.push(scope(route, undefined, undefined), scope(undefined, service, undefined), GLOBAL);
  for (const key of keys) {
    const found = scopes.get(key);
    if (found) return found;
  }
  return null;
}

const scopeOf = ({ route, service, consumer }: PluginEntity): string => scope(route?.id, service?.id, consumer?.id);

interface Slot {
  readonly priority: number;
  readonly scopes: Map<string, PluginInstance>;
  readonly consumers: Set<string>;
}

export class ChainTable {
  private readonly byName = new Map<string, Slot>();
  private readonly policies = new Map<string, Map<string, PolicyLink>>();
  private readonly order: string[];
  private readonly chains = new Map<string, Chain>();
  /** The instances that are bound to nothing: they also see requests that never reach a route. */
  readonly global: readonly PluginInstance[];

  constructor(
    config: KongConfig,
    instances: readonly OrderedInstance[],
    policies: readonly OrderedPolicy[],
    private readonly fuse: Fuse,
  ) {
    for (const { entity, instance, priority } of instances) this.addInstance(entity, instance, priority);
    for (const { entity, link } of policies) {
      const scopes = this.policies.get(entity.name) ?? new Map<string, PolicyLink>();
      this.policies.set(entity.name, scopes.set(scopeOf(entity), link));
    }
    this.order = [...this.byName.keys()].sort((a, b) => this.byName.get(b)!.priority - this.byName.get(a)!.priority || (a < b ? -1 : 1));
    this.global = this.instancesOf(this.withPolicies(this.globalLinks(), this.policyLinks(), null));
    for (const route of config.routes) this.chains.set(route.id, this.build(route));
  }

  /** The chain of a route; every route of the configuration has one. */
  for(route: Route): Chain {
    return this.chains.get(route.id)!;
  }

  private addInstance(entity: PluginEntity, instance: PluginInstance, priority: number): void {
    const slot = this.byName.get(entity.name) ?? { priority, scopes: new Map(), consumers: new Set<string>() };
    this.byName.set(entity.name, slot);
    slot.scopes.set(scopeOf(entity), instance);
    if (entity.consumer) slot.consumers.add(entity.consumer.id);
  }

  private globalLinks(): ChainLink[] {
    return this.order.flatMap((name) => {
      const base = this.byName.get(name)!.scopes.get(GLOBAL);
      return base ? [{ name, base, byConsumer: null }] : [];
    });
  }

  /** The policies that are in force for a route, or those bound to nothing. */
  private policyLinks(route?: Route): PolicyLink[] {
    return [...this.policies.values()].flatMap((scopes) => lookUp(scopes, route?.id, route?.service?.id) ?? []);
  }

  private instancesOf(links: readonly ChainLink[]): PluginInstance[] {
    return links.flatMap((link) => link.base ?? []);
  }

  private build(route: Route): Chain {
    const links: ChainLink[] = [];
    for (const name of this.order) {
      const { scopes, consumers } = this.byName.get(name)!;
      const base = lookUp(scopes, route.id, route.service?.id);
      const own = new Map<string, PluginInstance>();
      for (const consumer of consumers) {
        const instance = lookUp(scopes, route.id, route.service?.id, consumer);
        if (instance && instance !== base) own.set(consumer, instance);
      }
      if (base || own.size > 0) links.push({ name, base, byConsumer: own.size > 0 ? own : null });
    }
    const all = this.withPolicies(links, this.policyLinks(route), route);
    return { links: all, fixed: all.some((link) => link.byConsumer) ? null : all.map((link) => link.base!) };
  }

  /** The links with the fused policies in their place by priority. */
  private withPolicies(links: readonly ChainLink[], policies: readonly PolicyLink[], route: Route | null): ChainLink[] {
    if (policies.length === 0) return [...links];
    const fused: ChainLink = { name: 'policies', base: this.fuse(policies, route), byConsumer: null };
    const before = links.filter((link) => this.byName.get(link.name)!.priority > POLICIES_PRIORITY);
    return [...before, fused, ...links.slice(before.length)];
  }
}

/** Which plugins run for a route, in which order, and with whose configuration (Kong: runloop/plugins_iterator.lua). */
import type { KongConfig, PluginEntity, Route } from '@gatehouse/kong-config';
import type { PluginInstance } from '../plugin.js';

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

const scope = (route: string | undefined, service: string | undefined, consumer: string | undefined): string =>
  `${route ?? ''}:${service ?? ''}:${consumer ?? ''}`;

type Scopes = Map<string, PluginInstance>;

/** consumer+route+service, c+r, c+s, r+s, c, r, s, global. */
function lookUp(scopes: Scopes, route?: string, service?: string, consumer?: string): PluginInstance | null {
  const keys = consumer
    ? [
        scope(route, service, consumer),
        scope(route, undefined, consumer),
        scope(undefined, service, consumer),
        scope(route, service, undefined),
      ]
    : [scope(route, service, undefined)];
  keys.push(
    scope(undefined, undefined, consumer),
    scope(route, undefined, undefined),
    scope(undefined, service, undefined),
    scope(undefined, undefined, undefined),
  );
  for (const key of keys) {
    const found = scopes.get(key);
    if (found) return found;
  }
  return null;
}

export class ChainTable {
  private readonly byName = new Map<string, { priority: number; scopes: Scopes; consumers: Set<string> }>();
  private readonly order: string[];
  private readonly chains = new Map<string, Chain>();
  /** The instances that are bound to nothing: they also see requests that never reach a route. */
  readonly global: readonly PluginInstance[];

  constructor(config: KongConfig, instances: readonly OrderedInstance[]) {
    for (const { entity, instance, priority } of instances) {
      const slot = this.byName.get(entity.name) ?? { priority, scopes: new Map(), consumers: new Set<string>() };
      this.byName.set(entity.name, slot);
      slot.scopes.set(scope(entity.route?.id, entity.service?.id, entity.consumer?.id), instance);
      if (entity.consumer) slot.consumers.add(entity.consumer.id);
    }
    this.order = [...this.byName.keys()].sort((a, b) => this.byName.get(b)!.priority - this.byName.get(a)!.priority || (a < b ? -1 : 1));
    this.global = this.order.flatMap((name) => this.byName.get(name)!.scopes.get(scope(undefined, undefined, undefined)) ?? []);
    for (const route of config.routes) this.chains.set(route.id, this.build(route));
  }

  /** The chain of a route; every route of the configuration has one. */
  for(route: Route): Chain {
    return this.chains.get(route.id)!;
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
    const fixed = links.some((link) => link.byConsumer) ? null : links.map((link) => link.base!);
    return { links, fixed };
  }
}

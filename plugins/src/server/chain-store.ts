/** Chains by configuration. Instances of one configuration share one, and equal policies of several chains share their state. */
import type { BaseEffects, Policy } from '@gatehouse/policy';
import { Chain, type ChainLink } from '../chain.js';
import { createLink } from '../link.js';
import { LaneChain } from './lane-chain.js';
import { PendingRequests } from './pending.js';

/** One policy as a configuration says it. */
export interface PolicyEntry {
  readonly name: string;
  readonly config: unknown;
  /** Whose it is by its own tags; "" when they do not say. */
  readonly system: string;
}

/** A configuration names no policy of ours, or is no list of them. */
export class ChainConfigError extends Error {
  readonly code = 'CHAIN_CONFIG';
}

interface SharedLink {
  readonly link: ChainLink;
  uses: number;
}

/** How many chains there may be, and after which time without a request one is dropped: Kong makes them again when it must. */
const CHAINS_MAX = 20_000;
const IDLE_MAX_MS = 60 * 60_000;
/** How long a configuration that can't run is not tried again, and how many such are remembered. */
const FAILURE_MS = 1000;
const FAILURES_MAX = 1000;

const isEntry = (value: unknown): value is { name: string; config: unknown; system?: unknown } =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' && 'config' in value;

/** Members that Kong puts into a configuration for itself. */
const KONGS_OWN = new Set(['route_id', 'service_id', 'consumer_id', 'plugin_instance_name']);

/** A configuration without what Kong added to it. */
export function withoutKongsOwn(config: unknown): unknown {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return config;
  return Object.fromEntries(Object.entries(config).filter(([name]) => !name.startsWith('__') && !KONGS_OWN.has(name)));
}

/**
 * Reads a list of policies.
 * @param system for those that do not say whose they are
 * @throws ChainConfigError
 */
export function policyEntries(value: unknown, system = ''): PolicyEntry[] {
  if (!Array.isArray(value) || !value.every(isEntry)) throw new ChainConfigError('policies: expected a list of { name, config }');
  return value.map(({ name, config, system: own }) => ({
    name,
    config: withoutKongsOwn(config),
    system: typeof own === 'string' ? own : system,
  }));
}

/** The policies of a route that are not fused, as the Lua tells them. */
export interface ToldConfigs {
  readonly id: string;
  readonly system: string;
  readonly policies: unknown;
}

/** @throws ChainConfigError */
export function configsOf(json: string): ToldConfigs {
  let told: unknown;
  try {
    told = JSON.parse(json);
  } catch {
    throw new ChainConfigError('configs: no JSON');
  }
  if (typeof told !== 'object' || told === null) throw new ChainConfigError('configs: no object');
  const { id, system, policies } = told as Partial<ToldConfigs>;
  if (typeof id !== 'string' || typeof system !== 'string') throw new ChainConfigError('configs: no id');
  return { id, system, policies };
}

export class ChainStore {
  readonly pending = new PendingRequests();
  private readonly chains = new Map<string, LaneChain>();
  private readonly links = new Map<string, SharedLink>();
  private readonly failures = new Map<string, { readonly error: unknown; readonly until: number }>();
  private readonly linksOf = new Map<LaneChain, string[]>();

  constructor(
    private readonly policies: ReadonlyMap<string, Policy>,
    private readonly effects: BaseEffects,
  ) {}

  get size(): number {
    return this.chains.size;
  }

  get(key: string): LaneChain | undefined {
    return this.chains.get(key);
  }

  /**
   * The chain of a configuration, made when it is not there.
   * @param key what names it
   * @throws ConfigError or ChainConfigError when it can't run
   */
  define(key: string, system: string, entries: readonly PolicyEntry[]): LaneChain {
    const known = this.chains.get(key);
    if (known) return known;
    const failure = this.failures.get(key);
    if (failure && failure.until > this.effects.now()) throw failure.error;
    if (this.chains.size >= CHAINS_MAX) this.sweep(Number.POSITIVE_INFINITY, 1);
    const keys: string[] = [];
    try {
      const links = entries.map((entry) => this.linkOf(entry, keys));
      const chain = new Chain(links, { system }, this.effects);
      const made = new LaneChain({ chain, system, pending: this.pending, now: () => this.effects.now() });
      this.chains.set(key, made);
      this.linksOf.set(made, keys);
      return made;
    } catch (error) {
      this.release(keys);
      this.failed(key, error);
      throw error;
    }
  }

  /** Drops chains that nobody used for long. @param max at most so many */
  sweep(now: number, max = CHAINS_MAX): void {
    let dropped = 0;
    for (const [key, chain] of this.chains) {
      if (dropped >= max) return;
      if (now - chain.usedAt < IDLE_MAX_MS) continue;
      dropped++;
      this.chains.delete(key);
      this.release(this.linksOf.get(chain) ?? []);
      this.linksOf.delete(chain);
    }
  }

  close(): void {
    for (const { link } of this.links.values()) link.instance.close?.();
    this.links.clear();
    this.chains.clear();
  }

  /** Every request of the route asks again: it is tried, and told, at most once in a while. */
  private failed(key: string, error: unknown): void {
    if (this.failures.size >= FAILURES_MAX) this.failures.clear();
    this.failures.set(key, { error, until: this.effects.now() + FAILURE_MS });
    this.effects.log('error', 'policies of a route can not run', { error: error instanceof Error ? error.message : String(error) });
  }

  private linkOf(entry: PolicyEntry, keys: string[]): ChainLink {
    const policy = this.policies.get(entry.name);
    if (!policy) throw new ChainConfigError(`there is no policy "${entry.name}"`);
    const key = `${entry.name}\0${entry.system}\0${JSON.stringify(entry.config)}`;
    const known = this.links.get(key);
    const shared = known ?? { link: createLink(policy, entry.config, this.effects, entry.system), uses: 0 };
    if (!known) this.links.set(key, shared);
    shared.uses++;
    keys.push(key);
    return shared.link;
  }

  private release(keys: readonly string[]): void {
    for (const key of keys) {
      const shared = this.links.get(key);
      if (!shared || --shared.uses > 0) continue;
      this.links.delete(key);
      shared.link.instance.close?.();
    }
  }
}

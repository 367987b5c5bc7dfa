/** Twin of Kong's ip-restriction: lets addresses pass or refuses them. */
import { AddressBlocks } from '../../address-blocks.js';
import type { Exchange, Exit, PluginEnvironment, PluginInstance, PluginTwin } from '../../plugin.js';
import { ConfigError } from '../lib/config-error.js';
import { errorExit } from '../lib/exits.js';

/** Kong's schema (kong/plugins/ip-restriction/schema.lua), defaults filled in. */
interface IpRestrictionConfig {
  allow: string[] | null;
  deny: string[] | null;
  status: number | null;
  message: string | null;
}

/** Null when nothing is configured. Throws ConfigError for what is no address. */
function compile(entries: readonly string[] | null, field: string): AddressBlocks | null {
  if (!entries || entries.length === 0) return null;
  const blocks = new AddressBlocks();
  entries.forEach((entry, i) => {
    try {
      blocks.add(entry);
    } catch {
      throw new ConfigError(`${field}[${i}]`, `not an address or CIDR block: ${entry}`);
    }
  });
  return blocks;
}

/** Answers that are remembered, by address: looking one up costs more than a map. */
const MEMORY_MAX = 4096;

class IpRestriction implements PluginInstance {
  private readonly allow: AddressBlocks | null;
  private readonly deny: AddressBlocks | null;
  private readonly passes = new Map<string, boolean>();

  constructor(
    private readonly config: IpRestrictionConfig,
    private readonly environment: PluginEnvironment,
  ) {
    this.allow = compile(config.allow, 'config.allow');
    this.deny = compile(config.deny, 'config.deny');
  }

  access(exchange: Exchange): Exit | undefined {
    const { clientIp } = exchange.request;
    return this.mayPass(clientIp) ? undefined : this.refuse(exchange, clientIp);
  }

  private mayPass(address: string): boolean {
    const known = this.passes.get(address);
    if (known !== undefined) return known;
    const answer = this.decide(address);
    if (this.passes.size >= MEMORY_MAX) this.passes.clear();
    this.passes.set(address, answer);
    return answer;
  }

  /** deny goes before allow. */
  private decide(address: string): boolean {
    if (this.deny?.has(address)) return false;
    return this.allow === null || this.allow.has(address);
  }

  private refuse(exchange: Exchange, address: string): Exit {
    const message = this.config.message ?? `IP address not allowed: ${address}`;
    this.environment.log('warn', message, { plugin: 'ip-restriction', requestId: exchange.id });
    return errorExit(exchange, this.config.status ?? 403, message);
  }
}

export const ipRestriction: PluginTwin = {
  name: 'ip-restriction',
  priority: 990,
  version: '3.9.3',
  create: (config, environment) => new IpRestriction(config as unknown as IpRestrictionConfig, environment),
};

/** Twin of Kong's ip-restriction: lets addresses pass or refuses them. */
import { BlockList, isIPv6 } from 'node:net';
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

function addEntry(list: BlockList, entry: string): void {
  const slash = entry.indexOf('/');
  const address = slash < 0 ? entry : entry.slice(0, slash);
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  if (slash < 0) list.addAddress(address, family);
  else list.addSubnet(address, Number(entry.slice(slash + 1)), family);
}

/** Null when nothing is configured. Throws ConfigError for what is no address. */
function compile(entries: readonly string[] | null, field: string): BlockList | null {
  if (!entries || entries.length === 0) return null;
  const list = new BlockList();
  entries.forEach((entry, i) => {
    try {
      addEntry(list, entry);
    } catch {
      throw new ConfigError(`${field}[${i}]`, `not an address or CIDR block: ${entry}`);
    }
  });
  return list;
}

/** Answers that are remembered, by address: looking one up costs more than a map. */
const MEMORY_MAX = 4096;

class IpRestriction implements PluginInstance {
  private readonly allow: BlockList | null;
  private readonly deny: BlockList | null;
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
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (this.deny?.check(address, family)) return false;
    return this.allow === null || this.allow.check(address, family);
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

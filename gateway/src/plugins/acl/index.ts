/** Twin of Kong's acl: lets consumers pass by the groups that they are in. */
import type { Credential } from '@gatehouse/kong-config';
import type { Exchange, Exit, PluginEnvironment, PluginInstance, PluginTwin } from '../../plugin.js';
import { toBytes } from '../lib/bytes.js';
import { errorExit } from '../lib/exits.js';

/** Kong's schema (kong/plugins/acl/schema.lua), defaults filled in. */
interface AclConfig {
  allow: string[] | null;
  deny: string[] | null;
  hide_groups_header: boolean;
  always_use_authenticated_groups: boolean;
}

const NOT_YOURS = 'You cannot consume this service';
const byId = (a: Credential, b: Credential): number => (a.id < b.id ? -1 : 1);

function groupsByConsumer(acls: readonly Credential[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { consumer, group } of [...acls].sort(byId)) {
    if (!consumer || typeof group !== 'string') continue;
    groups.set(consumer.id, [...(groups.get(consumer.id) ?? []), group]);
  }
  return groups;
}

/** Groups that another plugin found out (kong.ctx.shared.authenticated_groups). */
function authenticatedGroups(exchange: Exchange): readonly string[] | null {
  const groups = exchange.shared.get('authenticated_groups');
  return Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : null;
}

class Acl implements PluginInstance {
  private readonly denies: boolean;
  private readonly listed: ReadonlySet<string>;
  private readonly groups: ReadonlyMap<string, readonly string[]>;
  /** What X-Consumer-Groups says for a consumer that may pass, or null; by consumer id. */
  private readonly verdicts = new Map<string, string | null>();

  constructor(
    private readonly config: AclConfig,
    environment: PluginEnvironment,
  ) {
    this.denies = (config.deny ?? []).length > 0;
    this.listed = new Set(this.denies ? config.deny : (config.allow ?? []));
    this.groups = groupsByConsumer(environment.directory.credentials('acls'));
  }

  access(exchange: Exchange): Exit | undefined {
    const { consumer, credential } = exchange;
    const trusted = !consumer || !credential || this.config.always_use_authenticated_groups ? authenticatedGroups(exchange) : null;
    if (trusted) return this.pass(exchange, this.judge(trusted), 'X-Authenticated-Groups');
    if (!consumer) return this.unknown(exchange);
    if (!this.groups.has(consumer.id) && !this.denies) return this.unknown(exchange);
    return this.pass(exchange, this.verdict(consumer.id), 'X-Consumer-Groups');
  }

  private unknown(exchange: Exchange): Exit {
    return exchange.credential ? errorExit(exchange, 403, NOT_YOURS) : errorExit(exchange, 401, null);
  }

  private verdict(consumer: string): string | null {
    const known = this.verdicts.get(consumer);
    if (known !== undefined) return known;
    const made = this.judge(this.groups.get(consumer) ?? []);
    this.verdicts.set(consumer, made);
    return made;
  }

  /** The header's value, or null for no entry. */
  private judge(groups: readonly string[]): string | null {
    const listed = groups.some((group) => this.listed.has(group));
    return listed === this.denies ? null : toBytes(groups.join(', '));
  }

  private pass(exchange: Exchange, groups: string | null, header: string): Exit | undefined {
    if (groups === null) return errorExit(exchange, 403, NOT_YOURS);
    const { headers } = exchange.request;
    // What the client says about its own groups must not reach the service.
    headers.remove('x-consumer-groups');
    headers.remove('x-authenticated-groups');
    if (!this.config.hide_groups_header) headers.set(header, groups);
    return undefined;
  }
}

export const acl: PluginTwin = {
  name: 'acl',
  priority: 950,
  version: '3.9.3',
  create: (config, environment) => new Acl(config as unknown as AclConfig, environment),
};

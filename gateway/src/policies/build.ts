/** Makes the policies of a configuration ready, and fuses those of each route. */
import type { Fault, KongConfig, PluginEntity } from '@gatehouse/kong-config';
import { Chain, type ChainEffects, createLink, policies } from '@gatehouse/plugins';
import { ConfigError, type Policy } from '@gatehouse/policy';
import type { Fuse, OrderedPolicy } from '../phases/plugin-chain.js';
import { systemOfTags } from '../plugins/guard/system.js';
import { PolicyChain } from './policy-chain.js';

/** What policies may do to the world: base ports and the stores. Each policy's own type says what it uses of it. */
export type PolicyEffects = ChainEffects;

const byName: ReadonlyMap<string, Policy> = new Map(policies.map((policy) => [policy.name, policy]));

/** Whether a plugin of this name is one of our policies. */
export const isPolicy = (name: string): boolean => byName.has(name);

/**
 * One link of a chain for a plugin entity of a policy.
 * @returns the link, or every fault of its configuration
 */
export function policyLink(entity: PluginEntity, path: string, file: string, effects: PolicyEffects): OrderedPolicy | Fault[] {
  if (entity.consumer || entity.consumer_group) {
    const message = `"${entity.name}" can't be bound to a consumer: a route's policies run as one, before a consumer is known`;
    return [{ file, path, message, hint: 'bind it to the route, the service or nothing' }];
  }
  try {
    return { entity, link: createLink(byName.get(entity.name)!, entity.config, effects, systemOfTags(entity.tags)) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((fault) => ({
      file,
      path: fault.path === '' ? `${path}.config` : `${path}.config.${fault.path}`,
      message: fault.message,
    }));
  }
}

/** How the policies of a route become one plugin. */
export function fuseWith(config: KongConfig, effects: PolicyEffects): Fuse {
  const services = new Map(config.services.map((service) => [service.id, service]));
  return (links, route) => {
    const service = route?.service ? services.get(route.service.id) : undefined;
    const system = systemOfTags(route?.tags, service?.tags);
    return new PolicyChain(new Chain(links, { system }, effects), system, () => effects.now());
  };
}

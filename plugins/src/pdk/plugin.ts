/**
 * Each policy as an ordinary plugin of kong-pdk: the module shape that its server loads. Policies that stand on one route decide
 * together, as in every form: the first that Kong runs asks which they are, reads the facts, and writes the decision.
 */
import type { JsonSchema, Policy } from '@gatehouse/policy';
import { kongFields } from '@gatehouse/policy';
import { schemaOf } from '../link.js';
import { type ChainStore, configsOf, policyEntries } from '../server/chain-store.js';
import { withoutDescriptions } from '../server/dump.js';
import type { LaneChain } from '../server/lane-chain.js';
import { splitFacts } from '../server/lane-facts.js';
import { type KongPdk, KongPort, PortError } from './port.js';

/** A kong-pdk plugin, made for each configuration. */
export interface KongPlugin {
  access(kong: KongPdk): Promise<void>;
}

/** What `kong-js-pluginserver` loads. */
export interface PluginModule {
  readonly Plugin: new (config: unknown) => KongPlugin;
  readonly Schema: readonly object[];
  readonly Version: string;
  readonly Priority: number;
  readonly Name: string;
}

/** Chains by what Kong calls them; `store` is asked for when the first request comes. */
export type StoreOf = () => ChainStore;

/** Decides one request through the port. Throws what stands in the way; the guard refuses the request then. */
async function decide(port: KongPort, store: ChainStore): Promise<void> {
  const id = await port.chain();
  if (id === null) return;
  const chain = store.get(`c${id}`) ?? define(id, await port.configs(), store);
  const { line, stamp, body } = splitFacts(await port.facts(chain.needs, id));
  const { head, body: answer } = await chain.judge(line, stamp, body);
  await port.commit(answer === null ? head : `${head}\n${answer.toString('latin1')}`, id);
}

function define(id: string, json: string, store: ChainStore): LaneChain {
  const told = configsOf(json);
  if (told.id !== id) throw new PortError('configs: of other policies');
  return store.define(`c${id}`, told.system, policyEntries(told.policies, told.system));
}

const fieldsOf = (schema: JsonSchema): object[] => withoutDescriptions(kongFields(schema)) as object[];

/** A policy as a module of kong-pdk. */
export function pluginModule(policy: Policy, storeOf: StoreOf): PluginModule {
  const { name, version, priority } = policy;
  class Plugin implements KongPlugin {
    async access(kong: KongPdk): Promise<void> {
      await decide(new KongPort(kong), storeOf());
    }
  }
  return { Plugin, Schema: fieldsOf(schemaOf(policy)), Version: version, Priority: priority, Name: name };
}

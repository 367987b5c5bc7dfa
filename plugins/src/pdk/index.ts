/** All policies as plugins of kong-pdk, for `kong-js-pluginserver` (plugins/kong-pdk). */
import path from 'node:path';
import { policies } from '../policies.js';
import { createRuntime } from '../runtime/index.js';
import type { ChainStore } from '../server/chain-store.js';
import { jsonLog } from '../server/log.js';
import { PolicyServer } from '../server/policy-server.js';
import { type PluginModule, pluginModule } from './plugin.js';

export type { KongPlugin, PluginModule } from './plugin.js';
export { type KongPdk, KongPort, PortError } from './port.js';

const SHARE = '/usr/local/kong';

/**
 * The modules by name. Nothing runs before the first request: a dump must not open anything. From then on the process also listens
 * where the Lua tells the outcome of requests.
 * @param environment what secrets named `env:…` stand for, and `KONG_PREFIX`
 */
export function kongPlugins(environment: Readonly<Record<string, string | undefined>>): Readonly<Record<string, PluginModule>> {
  let store: ChainStore | null = null;
  const storeOf = (): ChainStore => {
    store ??= start(environment);
    return store;
  };
  return Object.fromEntries(policies.map((policy) => [policy.name, pluginModule(policy, storeOf)]));
}

function start(environment: Readonly<Record<string, string | undefined>>): ChainStore {
  const log = jsonLog(environment['GATEHOUSE_LOG_LEVEL']);
  const { effects } = createRuntime({ log, environment });
  const outcomes = path.join(environment['KONG_PREFIX'] ?? SHARE, 'gatehouse-1.sock');
  const server = new PolicyServer({ policies, effects, pdkSockets: [], directSockets: [outcomes] });
  server.start().catch((error: unknown) => log('error', 'outcomes of requests will be lost', { error: String(error) }));
  return server.store;
}

import { protocolsHttp, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';

const config = record({
  system: { type: 'string', required: true, len_min: 0 },
  policies: { type: 'string', required: true },
});

/** A route's policies as one plugin, as `render --transport` writes them for Kong: served over the PDK, or asked for by Lua. */
export const fusedPlugins: readonly PluginSchema[] = [
  { name: 'gatehouse', protocols: protocolsHttp, no_consumer: true, config },
  { name: 'gatehouse-direct', protocols: protocolsHttp, no_consumer: true, config },
];

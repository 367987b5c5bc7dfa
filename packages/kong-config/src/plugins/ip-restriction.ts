import { ipOrCidr, protocols, record } from '../schema/typedefs.js';
import type { ArrayField, PluginSchema } from '../schema/types.js';

const blocks: ArrayField = { type: 'array', elements: ipOrCidr };

/** https://docs.konghq.com/hub/kong-inc/ip-restriction/ */
export const ipRestriction: PluginSchema = {
  name: 'ip-restriction',
  protocols: { ...protocols, default: ['http', 'https', 'tcp', 'tls', 'grpc', 'grpcs'] },
  config: record({
    allow: blocks,
    deny: blocks,
    status: { type: 'number', required: false },
    message: { type: 'string', required: false },
  }),
  entity_checks: [{ check: 'at_least_one_of', fields: ['config.allow', 'config.deny'] }],
};

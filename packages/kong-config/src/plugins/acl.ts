import { protocolsHttp, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { flag, texts } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/acl/ */
export const acl: PluginSchema = {
  name: 'acl',
  no_consumer: true,
  protocols: protocolsHttp,
  config: record({
    allow: texts(),
    deny: texts(),
    hide_groups_header: flag(false),
    always_use_authenticated_groups: flag(false),
  }),
  entity_checks: [
    { check: 'only_one_of', fields: ['config.allow', 'config.deny'] },
    { check: 'at_least_one_of', fields: ['config.allow', 'config.deny'] },
  ],
};

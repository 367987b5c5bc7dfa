import { headerName, protocolsHttp, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { anonymous, flag, realm } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/key-auth/ */
export const keyAuth: PluginSchema = {
  name: 'key-auth',
  no_consumer: true,
  protocols: protocolsHttp,
  config: record({
    key_names: { type: 'array', required: true, elements: headerName, default: ['apikey'] },
    hide_credentials: flag(false),
    ...anonymous,
    key_in_header: flag(true),
    key_in_query: flag(true),
    key_in_body: flag(false),
    run_on_preflight: flag(true),
    ...realm,
  }),
};

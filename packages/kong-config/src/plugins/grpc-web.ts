import { protocols, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { text } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/grpc-web/ */
export const grpcWeb: PluginSchema = {
  name: 'grpc-web',
  protocols,
  config: record({ proto: text(), pass_stripped_path: { type: 'boolean' }, allow_origin_header: text({ default: '*' }) }),
};

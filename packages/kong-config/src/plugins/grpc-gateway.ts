import { protocols, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { text } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/grpc-gateway/ */
export const grpcGateway: PluginSchema = { name: 'grpc-gateway', protocols, config: record({ proto: text() }) };

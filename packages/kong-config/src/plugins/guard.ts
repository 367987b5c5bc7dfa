import { protocolsHttp, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';

/** Our own small plugin, in Lua under Kong and in TypeScript on the embedded plane: gateway/src/plugins/guard/README.md. */
export const guard: PluginSchema = {
  name: 'guard',
  protocols: protocolsHttp,
  config: record({
    systems: {
      type: 'array',
      required: true,
      default: [],
      len_max: 100,
      elements: {
        type: 'record',
        fields: {
          name: { type: 'string', required: true, match: /^[a-z0-9-]+$/, err: 'use lower-case letters, digits and dashes' },
          hosts: { type: 'array', required: true, default: [], len_max: 1000, elements: { type: 'string' } },
          errors: { type: 'string', one_of: ['nest', 'envelope', 'plain', 'problem'] },
        },
      },
    },
    default_system: { type: 'string' },
    request_id_header: { type: 'string', required: true, default: 'X-Request-Id' },
    security_headers: { type: 'boolean', required: true, default: true },
    content_security_policy: { type: 'string', required: true, default: "default-src 'none'; frame-ancestors 'none'" },
    hsts_max_age: { type: 'integer', required: true, default: 31_536_000, between: [0, 63_072_000] },
  }),
};

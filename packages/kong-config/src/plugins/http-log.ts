import { headerName, protocols, record, url } from '../schema/typedefs.js';
import type { Dict, PluginSchema, Verdict } from '../schema/types.js';
import { parseUrl } from '../schema/uri.js';
import { choice, luaCode, number } from './support/fields.js';
import { oldQueueFields, queue } from './support/queue.js';

const REFUSED = ['Host', 'Content-Length', 'Content-Type'];

function checkCredentials(config: Dict): Verdict {
  const names = Object.keys((config['headers'] as Dict | null) ?? {});
  if (parseUrl(String(config['http_endpoint']))?.userinfo === undefined) return null;
  if (!names.some((name) => name.toLowerCase() === 'authorization')) return null;
  return "specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed";
}

/** https://docs.konghq.com/hub/kong-inc/http-log/ */
export const httpLog: PluginSchema = {
  name: 'http-log',
  protocols,
  config: record(
    {
      http_endpoint: { ...url, required: true, referenceable: true },
      method: choice(['POST', 'PUT', 'PATCH']),
      content_type: choice(['application/json', 'application/json; charset=utf-8']),
      /** Milliseconds. */
      timeout: number({ default: 10000 }),
      keepalive: number({ default: 60000 }),
      ...oldQueueFields,
      headers: {
        type: 'map',
        keys: {
          ...headerName,
          match_none: REFUSED.map((name) => ({ pattern: new RegExp(`^${name}$`, 'i'), err: `cannot contain '${name}' header` })),
        },
        values: { type: 'string', referenceable: true },
      },
      queue,
      custom_fields_by_lua: luaCode,
    },
    { custom_validator: checkCredentials },
  ),
};

import { headerName, protocolsHttp, record } from '../schema/typedefs.js';
import type { Dict, PluginSchema, Verdict } from '../schema/types.js';

function isPresent(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function checkBody(config: Dict): Verdict {
  const [message, type, body] = [config['message'], config['content_type'], config['body']].map(isPresent);
  if (message && (type || body)) return 'message cannot be used with content_type or body';
  if (type && !body) return 'content_type requires a body';
  return config['echo'] === true && (type || body) ? 'echo cannot be used with content_type and body' : null;
}

/** https://docs.konghq.com/hub/kong-inc/request-termination/ */
export const requestTermination: PluginSchema = {
  name: 'request-termination',
  protocols: protocolsHttp,
  config: record(
    {
      status_code: { type: 'integer', required: true, default: 503, between: [100, 599] },
      message: { type: 'string' },
      content_type: { type: 'string' },
      body: { type: 'string' },
      echo: { type: 'boolean', required: true, default: false },
      trigger: headerName,
    },
    { custom_validator: checkBody },
  ),
};

import { host, port, protocolsHttp, record } from '../schema/typedefs.js';
import type { EntityCheck, Fields, PluginSchema } from '../schema/types.js';
import { flag, integer, maxBody, text } from './support/fields.js';
import { llmChecks, llmFields } from './support/llm.js';

const asking: Fields = { prompt: text({ required: true }), transformation_extract_pattern: text() };
const reaching: Fields = {
  /** Milliseconds. */
  http_timeout: integer({ required: true, default: 60000 }),
  https_verify: flag(true),
  ...maxBody,
  http_proxy_host: host,
  http_proxy_port: port,
  https_proxy_host: host,
  https_proxy_port: port,
  llm: record(llmFields, { entity_checks: llmChecks }),
};
const checks: readonly EntityCheck[] = [
  {
    check: 'conditional',
    if_field: 'config.llm.route_type',
    if_match: { not_one_of: ['llm/v1/chat'] },
    then_field: 'config.llm.route_type',
    then_match: { eq: 'llm/v1/chat' },
    then_err: "'config.llm.route_type' must be 'llm/v1/chat' for AI transformer plugins",
  },
  { check: 'mutually_required', fields: ['config.http_proxy_host', 'config.http_proxy_port'] },
  { check: 'mutually_required', fields: ['config.https_proxy_host', 'config.https_proxy_port'] },
];

/** https://docs.konghq.com/hub/kong-inc/ai-request-transformer/ */
export const aiRequestTransformer: PluginSchema = {
  name: 'ai-request-transformer',
  no_consumer: true,
  protocols: protocolsHttp,
  config: record({ ...asking, ...reaching }),
  entity_checks: checks,
};

/** https://docs.konghq.com/hub/kong-inc/ai-response-transformer/ */
export const aiResponseTransformer: PluginSchema = {
  name: 'ai-response-transformer',
  protocols: protocolsHttp,
  config: record({ ...asking, parse_llm_response_json_instructions: flag(false), ...reaching }),
  entity_checks: checks,
};

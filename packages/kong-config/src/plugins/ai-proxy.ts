import { protocolsHttp, record } from '../schema/typedefs.js';
import type { EntityCheck, PluginSchema } from '../schema/types.js';
import { choice, looseFlag, maxBody } from './support/fields.js';
import { llmChecks, llmFields, llmFormat } from './support/llm.js';

function nativeOnly(format: string): EntityCheck {
  return {
    check: 'conditional',
    if_field: 'config.llm_format',
    if_match: { eq: format },
    then_field: 'config.model.provider',
    then_match: { eq: format },
    then_err: `native llm_format '${format}' can only be used with the '${format}' model.provider`,
  };
}

/** https://docs.konghq.com/hub/kong-inc/ai-proxy/ */
export const aiProxy: PluginSchema = {
  name: 'ai-proxy',
  protocols: protocolsHttp,
  config: record(
    {
      ...llmFields,
      response_streaming: choice(['allow', 'deny', 'always']),
      ...maxBody,
      model_name_header: looseFlag(true),
      llm_format: llmFormat,
    },
    { entity_checks: llmChecks },
  ),
  entity_checks: [
    {
      check: 'conditional',
      if_field: 'config.llm_format',
      if_match: { one_of: ['bedrock', 'gemini'] },
      then_field: 'config.route_type',
      then_match: { eq: 'llm/v1/chat' },
      then_err: "native provider options in llm_format can only be used with the 'llm/v1/chat' route_type",
    },
    nativeOnly('bedrock'),
    nativeOnly('gemini'),
  ],
};

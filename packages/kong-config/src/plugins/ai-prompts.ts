import { protocolsHttp, record } from '../schema/typedefs.js';
import type { ArrayField, PluginSchema } from '../schema/types.js';
import { flag, maxBody, text, texts } from './support/fields.js';
import { llmFormat } from './support/llm.js';

const prompts: ArrayField = {
  type: 'array',
  len_max: 15,
  elements: record({
    role: text({ required: true, one_of: ['system', 'assistant', 'user'], default: 'system' }),
    content: text({ required: true, len_max: 500 }),
  }),
};

/** https://docs.konghq.com/hub/kong-inc/ai-prompt-decorator/ */
export const aiPromptDecorator: PluginSchema = {
  name: 'ai-prompt-decorator',
  protocols: protocolsHttp,
  config: record({
    prompts: record({ prepend: prompts, append: prompts }, { required: false }),
    ...maxBody,
    llm_format: llmFormat,
  }),
  entity_checks: [{ check: 'at_least_one_of', fields: ['config.prompts.prepend', 'config.prompts.append'] }],
};

const patterns = texts({ len_max: 10 }, { len_max: 500 });

/** https://docs.konghq.com/hub/kong-inc/ai-prompt-guard/ */
export const aiPromptGuard: PluginSchema = {
  name: 'ai-prompt-guard',
  protocols: protocolsHttp,
  config: record({
    allow_patterns: patterns,
    deny_patterns: patterns,
    allow_all_conversation_history: flag(false),
    ...maxBody,
    match_all_roles: flag(false),
    llm_format: llmFormat,
  }),
  entity_checks: [
    { check: 'at_least_one_of', fields: ['config.allow_patterns', 'config.deny_patterns'] },
    {
      check: 'conditional',
      if_field: 'config.match_all_roles',
      if_match: { eq: true },
      then_field: 'config.allow_all_conversation_history',
      then_match: { eq: false },
    },
  ],
};

/** https://docs.konghq.com/hub/kong-inc/ai-prompt-template/ */
export const aiPromptTemplate: PluginSchema = {
  name: 'ai-prompt-template',
  protocols: protocolsHttp,
  config: record({
    templates: {
      type: 'array',
      required: true,
      elements: record({ name: text({ required: true }), template: text({ required: true }) }),
    },
    allow_untemplated_requests: flag(true),
    log_original_request: flag(false),
    ...maxBody,
  }),
};

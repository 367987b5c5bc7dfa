import { url } from '../../schema/typedefs.js';
import type { Dict, EntityCheck, Field, Fields, RecordField, Verdict } from '../../schema/types.js';
import { choice, flag, integer, looseFlag, number, text } from './fields.js';

const PROVIDERS = ['openai', 'azure', 'anthropic', 'cohere', 'mistral', 'llama2', 'gemini', 'bedrock', 'huggingface'];
const secret: Field = text({ referenceable: true });

function optional(fields: Fields, entity_checks: readonly EntityCheck[] = []): RecordField {
  return { type: 'record', required: false, fields, entity_checks };
}

const auth = optional({
  header_name: secret,
  header_value: secret,
  param_name: secret,
  param_value: secret,
  param_location: text({ one_of: ['query', 'body'] }),
  gcp_use_service_account: looseFlag(false),
  gcp_service_account_json: secret,
  aws_access_key_id: secret,
  aws_secret_access_key: secret,
  allow_override: looseFlag(false),
});

const gemini = optional({ api_endpoint: text(), project_id: text(), location_id: text() }, [
  { check: 'mutually_required', fields: ['api_endpoint', 'project_id', 'location_id'] },
]);

const modelOptions = optional({
  max_tokens: integer(),
  input_cost: number({ gt: 0 }),
  output_cost: number({ gt: 0 }),
  temperature: number({ between: [0, 5] }),
  top_p: number({ between: [0, 1] }),
  top_k: integer({ between: [0, 500] }),
  anthropic_version: text(),
  azure_instance: text(),
  azure_api_version: text({ default: '2023-05-15' }),
  azure_deployment_id: text(),
  llama2_format: text({ one_of: ['raw', 'openai', 'ollama'] }),
  mistral_format: text({ one_of: ['openai', 'ollama'] }),
  upstream_url: url,
  upstream_path: text(),
  gemini,
  bedrock: optional({ aws_region: text() }),
  huggingface: optional({ use_cache: { type: 'boolean' }, wait_for_model: { type: 'boolean' } }),
});

function needs(provider: string, option: string, of = `${provider} provider`): EntityCheck {
  return {
    check: 'conditional_at_least_one_of',
    if_field: 'model.provider',
    if_match: { one_of: [provider] },
    then_at_least_one_of: [`model.options.${option}`],
    then_err: `must set %s for ${of}`,
  };
}

function checkStatistics(entity: Dict): Verdict {
  const [model, logging] = [entity['model'] as Dict | null, entity['logging'] as Dict | null];
  const unsupported = entity['route_type'] === 'llm/v1/completions' && model?.['provider'] === 'anthropic';
  if (!unsupported || logging?.['log_statistics'] !== true) return null;
  return 'anthropic does not support statistics when route_type is llm/v1/completions';
}

/** How to reach a language model, as all AI plugins write it. */
export const llmFields: Fields = {
  route_type: text({ required: true, one_of: ['llm/v1/chat', 'llm/v1/completions', 'preserve'] }),
  auth,
  model: {
    type: 'record',
    required: true,
    fields: { provider: text({ required: true, one_of: PROVIDERS }), name: text(), options: modelOptions },
  },
  logging: { type: 'record', required: true, fields: { log_statistics: flag(false), log_payloads: flag(false) } },
};

export const llmChecks: readonly EntityCheck[] = [
  {
    check: 'conditional',
    if_field: 'model.provider',
    if_match: { one_of: ['bedrock', 'gemini'] },
    then_field: 'auth.allow_override',
    then_match: { eq: false },
    then_err: 'bedrock and gemini only support auth.allow_override = false',
  },
  { check: 'mutually_required', fields: ['auth.header_name', 'auth.header_value'] },
  { check: 'mutually_required', fields: ['auth.param_name', 'auth.param_value', 'auth.param_location'] },
  needs('llama2', 'llama2_format'),
  needs('mistral', 'mistral_format'),
  needs('anthropic', 'anthropic_version'),
  needs('azure', 'azure_instance'),
  needs('azure', 'azure_api_version'),
  needs('azure', 'azure_deployment_id'),
  needs('llama2', 'upstream_url', 'self-hosted providers/models'),
  { check: 'custom', sources: ['route_type', 'model', 'logging'], fn: checkStatistics },
];

/** Forms of requests and answers that the AI plugins speak. */
export const llmFormat: Field = choice(['openai', 'bedrock', 'gemini']);

import { describe, expect, test } from '@jest/globals';
import { configOf, faultsIn } from '../testing/load-text.js';
import { BUNDLED_PLUGINS, PluginSchemaError, pluginSchemas, registerPluginSchema } from './index.js';

/** The least that each plugin needs, and something of what it is completed with. */
const LEAST: [string, string, object][] = [
  ['acl', '{allow: [a]}', { allow: ['a'], deny: null, hide_groups_header: false }],
  ['acme', '{account_email: a@b}', { storage: 'shm', cert_type: 'rsa', storage_config: { redis: { extra_options: { scan_count: 10 } } } }],
  [
    'ai-prompt-decorator',
    '{prompts: {append: [{content: a}]}}',
    { prompts: { prepend: null, append: [{ role: 'system', content: 'a' }] } },
  ],
  ['ai-prompt-guard', '{deny_patterns: [a]}', { max_request_body_size: 8192 }],
  ['ai-prompt-template', '{templates: [{name: a, template: b}]}', { allow_untemplated_requests: true }],
  [
    'ai-proxy',
    '{route_type: llm/v1/chat, model: {provider: openai}}',
    { auth: null, logging: { log_payloads: false }, response_streaming: 'allow' },
  ],
  ['ai-request-transformer', '{prompt: a, llm: {route_type: llm/v1/chat, model: {provider: cohere}}}', { http_timeout: 60000 }],
  ['ai-response-transformer', '{prompt: a, llm: {route_type: llm/v1/chat, model: {provider: cohere}}}', { https_verify: true }],
  ['aws-lambda', '{}', { timeout: 60000, invocation_type: 'RequestResponse', base64_encode_body: true }],
  ['azure-functions', '{appname: a, functionname: b}', { hostdomain: 'azurewebsites.net' }],
  ['basic-auth', '{}', { realm: 'service', hide_credentials: false, anonymous: null }],
  ['bot-detection', '{}', { allow: [], deny: [] }],
  ['correlation-id', '{}', { header_name: 'Kong-Request-ID', generator: 'uuid#counter', echo_downstream: false }],
  ['cors', '{}', { origins: null, max_age: null, credentials: false, methods: expect.arrayContaining(['GET', 'CONNECT']) }],
  ['datadog', '{}', { host: 'localhost', port: 8125, queue: { max_batch_size: 1, initial_retry_delay: 0.01 } }],
  ['file-log', '{path: /tmp/a}', { reopen: false }],
  ['grpc-gateway', '{}', { proto: null }],
  ['grpc-web', '{}', { allow_origin_header: '*' }],
  ['hmac-auth', '{}', { clock_skew: 300, algorithms: ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'] }],
  ['http-log', '{http_endpoint: "http://a.test/"}', { method: 'POST', timeout: 10000, queue: { max_entries: 10000 } }],
  ['ip-restriction', '{deny: [10.0.0.0/8, "::1"]}', { allow: null, status: null, message: null }],
  ['jwt', '{}', { uri_param_names: ['jwt'], key_claim_name: 'iss', maximum_expiration: 0, header_names: ['authorization'] }],
  ['key-auth', '{}', { key_names: ['apikey'], key_in_header: true, key_in_body: false, run_on_preflight: true }],
  ['ldap-auth', '{ldap_host: a, base_dn: b, attribute: c}', { ldap_port: 389, header_type: 'ldap' }],
  ['loggly', '{key: a}', { tags: ['kong'], log_level: 'info' }],
  ['oauth2', '{enable_password_grant: true}', { provision_key: 'made-up', token_expiration: 7200, pkce: 'lax' }],
  [
    'opentelemetry',
    '{traces_endpoint: "http://a/"}',
    { queue: { max_batch_size: 200, max_entries: 10000 }, propagation: { default_format: 'w3c' } },
  ],
  ['post-function', '{access: [return]}', { log: [] }],
  ['pre-function', '{log: [return]}', { access: [] }],
  ['prometheus', '{}', { per_consumer: false, upstream_health_metrics: false }],
  ['proxy-cache', '{strategy: memory}', { cache_ttl: 300, memory: { dictionary_name: 'kong_db_cache' }, response_headers: { age: true } }],
  [
    'rate-limiting',
    '{minute: 5}',
    { limit_by: 'consumer', policy: 'local', error_code: 429, sync_rate: -1, redis: { port: 6379, timeout: 2000 } },
  ],
  ['redirect', '{location: "http://a.test"}', { status_code: 301, keep_incoming_path: false }],
  ['request-size-limiting', '{}', { allowed_payload_size: 128, size_unit: 'megabytes', require_content_length: false }],
  ['request-termination', '{}', { status_code: 503, echo: false }],
  ['request-transformer', '{}', { add: { headers: [], body: [], querystring: [] }, replace: { uri: null }, http_method: null }],
  ['response-ratelimiting', '{limits: {a: {hour: 1}}}', { limits: { a: { hour: 1, second: null } }, header_name: 'x-kong-limit' }],
  ['response-transformer', '{}', { remove: { json: [], headers: [] }, add: { json_types: [] } }],
  ['session', '{}', { secret: 'made-up', cookie_name: 'session', logout_methods: ['POST', 'DELETE'] }],
  ['standard-webhooks', '{secret_v1: a}', { tolerance_second: 300 }],
  ['statsd', '{}', { prefix: 'kong', consumer_identifier_default: 'custom_id' }],
  ['syslog', '{}', { facility: 'user', log_level: 'info' }],
  ['tcp-log', '{host: a, port: 1}', { keepalive: 60000, tls: false }],
  ['udp-log', '{host: a, port: 1}', { timeout: 10000 }],
  ['zipkin', '{}', { sample_ratio: 0.001, propagation: { default_format: 'b3' }, tags_header: 'Zipkin-Tags' }],
];

test('every plugin of Kong 3.9 has a schema', () => {
  expect(LEAST.map(([name]) => name)).toEqual([...BUNDLED_PLUGINS].sort());
  expect(BUNDLED_PLUGINS.size).toBe(45);
});

test.each(LEAST)('%s', (name, config, completed) => {
  const [plugin] = configOf(`plugins: [{name: ${name}, config: ${config}}]`, { random: () => 'made-up' }).plugins;
  expect(plugin?.config).toMatchObject(completed);
  expect(plugin).toMatchObject({ enabled: true, instance_name: null, protocols: expect.arrayContaining(['http', 'https']) });
  const again = JSON.stringify({ _format_version: '3.0', plugins: [{ name, config: plugin?.config }] });
  expect(configOf(again, { random: () => 'other' }).plugins[0]?.config).toEqual(plugin?.config);
});

describe('a plugin of our own', () => {
  const ours = { name: 'ours', config: { type: 'record' as const, fields: { a: { type: 'integer' as const, default: 1 } } } };

  test('is known to one load', () => {
    expect(configOf('plugins: [{name: ours}]', { plugins: [ours] }).plugins[0]?.config).toEqual({ a: 1 });
    expect(faultsIn('plugins: [{name: ours, config: {a: x}}]', { plugins: [ours] })).toEqual(['plugins[0].config.a: expected an integer']);
    expect(faultsIn('plugins: [{name: ours}]')).toEqual([expect.stringContaining("plugin 'ours' not enabled")]);
  });

  test('is known to all once registered, and only once', () => {
    registerPluginSchema({ ...ours, name: 'ours-registered' });
    expect(pluginSchemas.has('ours-registered')).toBe(true);
    expect(faultsIn('plugins: [{name: ours-registered}]')).toEqual([]);
    expect(() => registerPluginSchema({ ...ours, name: 'ours-registered' })).toThrow(PluginSchemaError);
    expect(() => registerPluginSchema({ ...ours, name: 'cors' })).toThrow("'cors' is a plugin of Kong's own");
  });
});

import { expect, test } from '@jest/globals';
import { faultsIn } from '../testing/load-text.js';

const LIMITS = "'config.second', 'config.minute', 'config.hour', 'config.day', 'config.month', 'config.year'";
const byPolicy = "plugins[0]: failed conditional validation given value of field 'config.policy'";

/** A plugin, its configuration, and the faults below `plugins[0]`. */
const CASES: [string, string, unknown[]][] = [
  [
    'acl',
    '{}',
    [
      ": at least one of these fields must be non-empty: 'config.allow', 'config.deny'",
      ": exactly one of these fields must be non-empty: 'config.allow', 'config.deny'",
    ],
  ],
  ['acl', '{allow: [a], deny: [b]}', [": exactly one of these fields must be non-empty: 'config.allow', 'config.deny'"]],
  ['acl', '{allow: [], deny: [b]}', []],
  ['acme', '{account_email: a@b, storage: kong}', [': "kong" storage can\'t be used with dbless mode']],
  [
    'ai-proxy',
    '{route_type: llm/v1/chat, model: {provider: azure}}',
    [
      ".config: must set 'model.options.azure_instance' for azure provider",
      ".config: must set 'model.options.azure_api_version' for azure provider",
      ".config: must set 'model.options.azure_deployment_id' for azure provider",
    ],
  ],
  ['aws-lambda', '{aws_key: a}', [": all or none of these fields must be set: 'config.aws_key', 'config.aws_secret'"]],
  ['aws-lambda', '{proxy_url: "https://a"}', [': proxy_url scheme must be http']],
  ['bot-detection', '{deny: ["[a"]}', ['.config.deny[0]: not a valid regex: [a']],
  ['correlation-id', '{generator: snowflake}', ['.config.generator: expected one of: uuid, uuid#counter, tracker']],
  ['cors', '{origins: ["*", "[a"]}', [".config.origins[1]: '[a' is not a valid regex"]],
  ['cors', '{methods: [FOO]}', ['.config.methods[0]: expected one of: GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS, TRACE, CONNECT']],
  ['cors', '{credentials: null}', ['.config.credentials: required field missing']],
  ['file-log', '{path: "a*"}', ['.config.path: not a valid filename']],
  ['http-log', '{http_endpoint: a}', ['.config.http_endpoint: missing host in url']],
  [
    'http-log',
    '{http_endpoint: "http://u:p@a", headers: {Authorization: b}}',
    [".config: specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed"],
  ],
  ['http-log', '{http_endpoint: "http://a", headers: {host: b}}', [".config.headers.host: cannot contain 'Host' header"]],
  ['ip-restriction', '{}', [": at least one of these fields must be non-empty: 'config.allow', 'config.deny'"]],
  ['ip-restriction', '{allow: [300.1.1.1]}', [".config.allow[0]: invalid ip or cidr range: '300.1.1.1'"]],
  ['jwt', '{claims_to_verify: [aud]}', ['.config.claims_to_verify[0]: expected one of: exp, nbf']],
  ['jwt', '{maximum_expiration: 60}', []],
  [
    'jwt',
    '{maximum_expiration: 60, claims_to_verify: [nbf]}',
    [
      '.config.claims_to_verify: expected to contain: exp',
      ": failed conditional validation given value of field 'config.maximum_expiration'",
    ],
  ],
  ['key-auth', '{key_names: [a b]}', [".config.key_names[0]: bad header name 'a b', allowed characters are A-Z, a-z, 0-9, '_', and '-'"]],
  [
    'ldap-auth',
    '{ldap_host: a, base_dn: b, attribute: c, ldaps: true, start_tls: true}',
    ['.config.start_tls: value must be false', ".config: 'ldaps' and 'start_tls' cannot be enabled simultaneously"],
  ],
  [
    'oauth2',
    '{}',
    [
      '.config: at least one of these fields must be true: enable_authorization_code, enable_implicit_grant, enable_client_credentials, enable_password_grant',
    ],
  ],
  ['opentelemetry', '{}', [".config: at least one of these fields must be non-empty: 'traces_endpoint', 'logs_endpoint'"]],
  ['opentelemetry', '{endpoint: "http://a/"}', []],
  ['proxy-cache', '{}', ['.config.strategy: required field missing']],
  ['proxy-cache', '{strategy: memory, memory: {dictionary_name: x}}', [": missing shared dict 'x'"]],
  ['proxy-cache', '{strategy: memory, response_code: []}', ['.config.response_code: length must be at least 1']],
  ['rate-limiting', '{policy: local}', [`: at least one of these fields must be non-empty: ${LIMITS}`]],
  ['rate-limiting', '{minute: 10, hour: 5}', ['.config: The limit for hour(5.0) cannot be lower than the limit for minute(10.0)']],
  ['rate-limiting', '{minute: 0}', ['.config.minute: value must be greater than 0']],
  ['rate-limiting', '{minute: 5, policy: cluster}', ['.config.policy: expected one of: local, redis']],
  ['rate-limiting', '{minute: 5, policy: redis}', ['.config.redis.host: required field missing', byPolicy.slice('plugins[0]'.length)]],
  ['rate-limiting', '{minute: 5, policy: redis, redis_host: a.test, redis_port: 1}', []],
  [
    'rate-limiting',
    '{minute: 5, policy: redis, redis_host: a, redis: {host: b}}',
    ['.config.redis_host: both deprecated and new field are used but their values mismatch: redis_host = a vs redis.host = b'],
  ],
  ['rate-limiting', '{minute: 5, sync_rate: 1}', ['.config: sync_rate can only be used with the redis policy']],
  [
    'rate-limiting',
    '{minute: 5, limit_by: header}',
    ['.config.header_name: required field missing', ": failed conditional validation given value of field 'config.limit_by'"],
  ],
  ['redirect', '{}', ['.config.location: required field missing']],
  ['request-termination', '{message: a, body: b}', ['.config: message cannot be used with content_type or body']],
  ['request-termination', '{content_type: a}', ['.config: content_type requires a body']],
  ['request-termination', '{status_code: 99}', ['.config.status_code: value should be between 100 and 599']],
  ['request-transformer', '{add: {headers: [abc]}}', ['.config.add.headers[0]: invalid value: abc']],
  ['request-transformer', '{add: {headers: ["a b:c"]}}', [".config.add.headers[0]: 'a b' is not a valid header"]],
  ['request-transformer', '{rename: {headers: ["a:b c"]}}', [".config.rename.headers[0]: 'b c' is not a valid header"]],
  ['request-transformer', '{add: {querystring: ["a"]}}', [".config.add.querystring[0]: key 'a' has no value"]],
  ['request-transformer', '{add: {querystring: ["a:$(headers.b or 1)", "c:$(d"]}}', []],
  [
    'request-transformer',
    '{add: {querystring: ["a:$(1 +)"]}}',
    [".config.add.querystring[0]: value '$(1 +)' is not in supported format, error:unexpected symbol near '<eof>'"],
  ],
  ['request-transformer', '{add: null}', ['.config.add: required field missing']],
  ['response-ratelimiting', '{limits: {}}', ['.config.limits: length must be at least 1']],
  [
    'response-ratelimiting',
    '{limits: {a: {}}}',
    [".config.limits.a: at least one of these fields must be non-empty: 'second', 'minute', 'hour', 'day', 'month', 'year'"],
  ],
  [
    'response-ratelimiting',
    '{limits: {a: {hour: 2, day: 1}}}',
    ['.config.limits.a: the limit for day(1.0) cannot be lower than the limit for hour(2.0)'],
  ],
  ['response-transformer', '{add: {json_types: [foo]}}', ['.config.add.json_types[0]: expected one of: boolean, number, string']],
  ['session', '{cookie_samesite: "off"}', []],
  ['standard-webhooks', '{}', ['.config.secret_v1: required field missing']],
  [
    'statsd',
    '{metrics: [{name: latency, stat_type: counter}]}',
    [
      '.config.metrics[0].sample_rate: required field missing',
      ".config.metrics[0]: failed conditional validation given value of field 'stat_type'",
    ],
  ],
  ['statsd', '{allow_status_codes: [2xx]}', ['.config.allow_status_codes[0]: invalid value: 2xx']],
  ['zipkin', '{static_tags: [{name: a, value: b}, {name: a, value: c}]}', ['.config.static_tags: repeated tags are not allowed: a']],
  [
    'zipkin',
    '{static_tags: [{name: error, value: b}]}',
    [expect.stringContaining('.config.static_tags[0].name: must not be one of: error, ')],
  ],
];

test.each(CASES)('%s %s', (name, config, faults) => {
  const found = faultsIn(`plugins: [{name: ${name}, config: ${config}}]`);
  expect(found.map((fault) => fault.slice('plugins[0]'.length)).sort()).toEqual([...faults].sort());
});

test.each([
  ['name: cors, config: null', 'plugins[0].config: required field missing'],
  ['name: cors, protocols: [tcp]', 'plugins[0].protocols[0]: expected one of: grpc, grpcs, http, https'],
  ['name: cors, enabled: "no"', 'plugins[0].enabled: expected a boolean'],
  ['name: cors, instance_name: "a b"', expect.stringContaining("plugins[0].instance_name: invalid value 'a b'")],
  ['name: 5', "plugins[0].name: plugin '5' not enabled; add it to the 'plugins' configuration property"],
  ['config: {}', 'plugins[0].name: required field missing'],
  ['name: acme, config: {account_email: a@b}, service: s', 'plugins[0].service: value must be null'],
])('%s', (fields, fault) => {
  expect(faultsIn(`services: [{name: s, host: a}]\nplugins: [{${fields}}]`)).toEqual([fault]);
});

import { host, hosts, port, protocolsHttp, record, url } from '../schema/typedefs.js';
import type { Dict, EntityCheck, Field, Fields, PluginSchema, Shorthand, Verdict } from '../schema/types.js';
import { choice, integer, looseFlag, number, text } from './support/fields.js';
import { redisFields } from './support/redis.js';

const RESERVED = ['kong_acme:renew_config:', 'kong_acme:renew_last_run', 'kong_acme:cert_key:'];
const STORES = ['kong', 'shm', 'redis', 'consul', 'vault'];
const secret: Field = text({ referenceable: true });

function checkNamespace(namespace: string): Verdict {
  const word = RESERVED.find((reserved) => namespace.startsWith(reserved));
  return word === undefined ? null : `namespace can't be prefixed with reserved word: ${word}`;
}

function moved(field: Field, ...path: [string, ...string[]]): Shorthand {
  const expand = (value: unknown) => path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Dict;
  return { field, replaced_with: path, expand };
}

const redisStore = record(
  {
    ...redisFields,
    extra_options: record({
      namespace: text({ required: true, default: '', len_min: 0, custom_validator: checkNamespace }),
      scan_count: number({ default: 10 }),
    }),
  },
  {
    shorthand_fields: {
      auth: moved(text({ len_min: 0 }), 'password'),
      ssl_server_name: moved(text(), 'server_name'),
      namespace: moved(text({ len_min: 0 }), 'extra_options', 'namespace'),
      scan_count: moved(integer(), 'extra_options', 'scan_count'),
    },
  },
);

const remoteStore: Fields = { https: looseFlag(false), host, port, kv_path: text(), timeout: number(), token: secret };
const vaultStore = record({
  ...remoteStore,
  tls_verify: looseFlag(true),
  tls_server_name: text(),
  auth_method: choice(['token', 'kubernetes']),
  auth_path: text(),
  auth_role: text(),
  jwt_path: text(),
});

function redisNeeds(name: string): EntityCheck {
  const then_field = `config.storage_config.redis.${name}`;
  return { check: 'conditional', if_field: 'config.storage', if_match: { eq: 'redis' }, then_field, then_match: { required: true } };
}

function checkStorage(entity: Dict): Verdict {
  return (entity['config'] as Dict | null)?.['storage'] === 'kong' ? '"kong" storage can\'t be used with dbless mode' : null;
}

const LETS_ENCRYPT = ['https://acme-v02.api.letsencrypt.org', 'https://acme-staging-v02.api.letsencrypt.org'];

/** https://docs.konghq.com/hub/kong-inc/acme/ */
export const acme: PluginSchema = {
  name: 'acme',
  no_consumer: true,
  no_service: true,
  no_route: true,
  protocols: protocolsHttp,
  config: record({
    account_email: text({ match: /@/, required: true, referenceable: true }),
    account_key: record({ key_id: text({ required: true }), key_set: text() }, { required: false }),
    api_uri: { ...url, default: 'https://acme-v02.api.letsencrypt.org/directory' },
    tos_accepted: looseFlag(false),
    eab_kid: secret,
    eab_hmac_key: secret,
    cert_type: choice(['rsa', 'ecc']),
    rsa_key_size: number({ default: 4096, one_of: [2048, 3072, 4096] }),
    renew_threshold_days: number({ default: 14 }),
    domains: hosts,
    allow_any_domain: looseFlag(false),
    fail_backoff_minutes: number({ default: 5 }),
    storage: text({ default: 'shm', one_of: STORES }),
    storage_config: record({
      shm: record({ shm_name: text({ default: 'kong' }) }),
      kong: record({}),
      redis: redisStore,
      consul: record(remoteStore),
      vault: vaultStore,
    }),
    preferred_chain: text(),
    enable_ipv4_common_name: looseFlag(true),
  }),
  entity_checks: [
    {
      check: 'conditional',
      if_field: 'config.api_uri',
      if_match: { one_of: LETS_ENCRYPT },
      then_field: 'config.tos_accepted',
      then_match: { eq: true },
      then_err: 'terms of service must be accepted, see https://letsencrypt.org/repository/',
    },
    redisNeeds('host'),
    redisNeeds('port'),
    { check: 'custom', sources: ['config.storage'], fn: checkStorage },
  ],
};

import { describe, expect, test } from '@jest/globals';
import { configOf, faultsIn } from '../testing/load-text.js';

function refused(cases: [string, unknown[]][]): void {
  test.each(cases)('%s', (text, faults) => {
    expect(faultsIn(text)).toEqual(faults);
  });
}

describe('services', () => {
  test.each([
    ['url: "https://a.test/b"', { protocol: 'https', host: 'a.test', port: 443, path: '/b' }],
    ['url: "http://a.test"', { protocol: 'http', host: 'a.test', port: 80, path: null }],
    ['url: "//a.test:443"', { protocol: 'https', port: 443 }],
    ['url: "grpc://a.test:9000"', { protocol: 'grpc', port: 9000 }],
    ['host: a.test, port: 0, retries: 0, enabled: false', { port: 0, retries: 0, enabled: false, connect_timeout: 60000 }],
    ['host: a, retries: null, read_timeout: null', { retries: 5, read_timeout: 60000 }],
    ['host: a, url: "http://b.test:1/"', { host: 'b.test', port: 1 }],
    ['host: a, protocol: https, tls_verify: true, tls_verify_depth: 2', { tls_verify: true, tls_verify_depth: 2 }],
  ])('%s', (fields, expected) => {
    expect(configOf(`services: [{${fields}}]`).services[0]).toMatchObject(expected);
  });

  refused([
    ['services: [{name: s}]', ['services[0].host: required field missing']],
    ['services: [{host: "a b"}]', ['services[0].host: invalid value: a b']],
    ['services: [{host: "a:80"}]', ['services[0].host: must not have a port']],
    ['services: [{host: a, retries: 40000}]', ['services[0].retries: value should be between 0 and 32767']],
    ['services: [{host: a, connect_timeout: 0}]', ['services[0].connect_timeout: value should be between 1 and 2147483646']],
    ['services: [{url: "ftp://a:21"}]', [expect.stringContaining('services[0].protocol: expected one of: grpc, ')]],
    ['services: [{url: "http://a:x"}]', ['services[0].port: expected an integer']],
    ['services: [{url: 5, host: a}]', ['services[0].url: expected a string']],
    [
      'services: [{host: a, protocol: tcp, path: /a}]',
      ['services[0].path: value must be null', "services[0]: failed conditional validation given value of field 'protocol'"],
    ],
    [
      'services: [{host: a, tls_verify: true}]',
      ['services[0].tls_verify: value must be null', "services[0]: failed conditional validation given value of field 'protocol'"],
    ],
    [
      'services: [{host: a, ca_certificates: [x]}]',
      expect.arrayContaining(['services[0].ca_certificates[0]: expected a valid UUID']) as never,
    ],
  ]);
});

describe('upstreams and targets', () => {
  test('defaults, also of what is given in part', () => {
    const [upstream] = configOf('upstreams: [{name: a, healthchecks: {active: {healthy: {interval: 5, successes: null}}}}]').upstreams;
    expect(upstream).toMatchObject({ algorithm: 'round-robin', slots: 10000, hash_on: 'none', hash_on_cookie_path: '/' });
    expect(upstream?.healthchecks).toMatchObject({
      threshold: 0,
      active: { type: 'http', healthy: { interval: 5, http_statuses: [200, 302], successes: 0 } },
    });
  });

  test.each([
    ['algorithm: least-connections, hash_on: consumer', { algorithm: 'least-connections', hash_on: 'none' }],
    ['hash_on: ip', { algorithm: 'consistent-hashing', hash_on: 'ip' }],
    ['hash_on: none, algorithm: consistent-hashing', { algorithm: 'round-robin' }],
    ['algorithm: latency', { algorithm: 'latency', hash_on: 'none' }],
    ['algorithm: null', { algorithm: 'round-robin' }],
  ])('%s', (fields, expected) => {
    expect(configOf(`upstreams: [{name: a, ${fields}}]`).upstreams[0]).toMatchObject(expected);
  });

  test.each([
    ['a.test', 'a.test:8000'],
    ['a.test:80', 'a.test:80'],
    ['"[::1]:80"', '[::1]:80'],
    ['"::1"', '[::1]:8000'],
    ['"[::1]"', '[::1]:8000'],
  ])('the target %s is %s', (text, target) => {
    expect(configOf(`upstreams: [{name: a, targets: [{target: ${text}}]}]`).targets[0]).toMatchObject({ target, weight: 100 });
  });

  const conditional = "upstreams[0]: failed conditional validation given value of field 'hash_on'";
  refused([
    ['upstreams: [{}]', ['upstreams[0].name: required field missing']],
    ['upstreams: [{name: "a:80"}]', ["upstreams[0].name: Invalid name ('a:80'); no port allowed"]],
    ['upstreams: [{name: 127.0.0.1}]', ["upstreams[0].name: Invalid name ('127.0.0.1'); no ip addresses allowed"]],
    [
      'upstreams: [{name: a, algorithm: random}]',
      ['upstreams[0].algorithm: expected one of: consistent-hashing, least-connections, round-robin, latency'],
    ],
    ['upstreams: [{name: a, hash_on: header}]', ['upstreams[0].hash_on_header: required field missing', conditional]],
    [
      'upstreams: [{name: a, hash_on: ip, hash_fallback: ip}]',
      ['upstreams[0].hash_fallback: expected one of: none, consumer, header, cookie, path, query_arg, uri_capture', conditional],
    ],
    [
      'upstreams: [{name: a, hash_on: header, hash_on_header: x, hash_fallback: header, hash_fallback_header: x}]',
      ["upstreams[0]: values of these fields must be distinct: 'hash_on_header', 'hash_fallback_header'"],
    ],
    ['upstreams: [{name: a, slots: 9}]', ['upstreams[0].slots: value should be between 10 and 65536']],
    [
      'upstreams: [{name: a, healthchecks: {active: {http_path: a}}}]',
      ['upstreams[0].healthchecks.active.http_path: should start with: /'],
    ],
    [
      'upstreams: [{name: a, healthchecks: {passive: {healthy: {http_statuses: [99]}}}}]',
      [expect.stringContaining('http_statuses[0]: value should be between 100 and 999')],
    ],
    ['upstreams: [{name: a, healthchecks: null}]', ['upstreams[0].healthchecks: required field missing']],
    [
      'upstreams: [{name: a, targets: [{target: "http://a"}]}]',
      ["upstreams[0].targets[0].target: Invalid target ('http://a'); not a valid hostname or ip address"],
    ],
    [
      'upstreams: [{name: a, targets: [{target: a, weight: 70000}]}]',
      ['upstreams[0].targets[0].weight: value should be between 0 and 65535'],
    ],
  ]);
});

describe('consumers and credentials', () => {
  refused([
    ['consumers: [{tags: [a]}]', ["consumers[0]: at least one of these fields must be non-empty: 'custom_id', 'username'"]],
    ['consumers: [{username: a, email: b}]', ['consumers[0].email: unknown field']],
    ['consumers: [{username: a, acls: [{}]}]', ['consumers[0].acls[0].group: required field missing']],
    [
      'consumers: [{username: a, basicauth_credentials: [{username: u}]}]',
      ['consumers[0].basicauth_credentials[0].password: required field missing'],
    ],
    [
      'consumers: [{username: a, jwt_secrets: [{key: k, algorithm: HS1}]}]',
      [expect.stringContaining('jwt_secrets[0].algorithm: expected one of: HS256, ')],
    ],
    [
      'consumers: [{username: a, jwt_secrets: [{key: k, algorithm: RS256}]}]',
      [
        'consumers[0].jwt_secrets[0].rsa_public_key: required field missing',
        "consumers[0].jwt_secrets[0]: failed conditional validation given value of field 'algorithm'",
      ],
    ],
    [
      'consumers: [{username: a, jwt_secrets: [{key: k, algorithm: EdDSA, rsa_public_key: x}]}]',
      expect.arrayContaining(['consumers[0].jwt_secrets[0].rsa_public_key: invalid key']) as never,
    ],
    ['consumers: [{username: a, oauth2_credentials: [{name: x}]}]', ['consumers[0].oauth2_credentials: unknown field']],
    ['oauth2_credentials: [{name: x}]', [expect.stringContaining("'oauth2_credentials' can't be served")]],
  ]);
});

describe('vaults and keys', () => {
  test('are kept', () => {
    const config = configOf(
      'vaults: [{name: env, prefix: my-env, config: {prefix: A_}}]\nkey_sets: [{name: s, keys: [{kid: k, jwk: \'{"kid":"k"}\'}]}]',
    );
    expect(config.vaults).toMatchObject([{ prefix: 'my-env', config: { prefix: 'A_' } }]);
    expect(config.keys).toMatchObject([{ kid: 'k', set: { id: config.key_sets[0]?.id } }]);
  });

  refused([
    ['vaults: [{name: aws, prefix: my-env}]', ["vaults[0].name: vault 'aws' is not installed"]],
    ['vaults: [{name: env, prefix: env}]', ['vaults[0].prefix: must not be one of: env']],
    ['keys: [{kid: a}]', ["keys[0]: at least one of these fields must be non-empty: 'jwk', 'pem'"]],
    ['keys: [{kid: a, jwk: "{}"}]', ['keys[0]: kid in jwk.kid must be equal to keys.kid']],
    ['keys: [{kid: a, jwk: "["}]', ['keys[0]: could not json decode jwk string']],
  ]);
});

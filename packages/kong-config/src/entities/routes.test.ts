import { describe, expect, test } from '@jest/globals';
import { configOf, faultsIn } from '../testing/load-text.js';

function route(fields: string): string {
  return `routes: [{${fields}}]`;
}

test('a route with its defaults', () => {
  expect(configOf(route('name: r, paths: [/a]')).routes[0]).toEqual({
    id: expect.any(String),
    name: 'r',
    protocols: ['http', 'https'],
    https_redirect_status_code: 426,
    strip_path: true,
    preserve_host: false,
    request_buffering: true,
    response_buffering: true,
    tags: null,
    service: null,
    snis: null,
    sources: null,
    destinations: null,
    methods: null,
    hosts: null,
    paths: ['/a'],
    headers: null,
    regex_priority: 0,
    path_handling: 'v0',
  });
});

describe('is accepted', () => {
  test.each([
    'methods: [GET, PURGE]',
    'hosts: [a.test, "*.b.test", "c.*", "d.test:80", 127.0.0.1]',
    'headers: {x-a: [b], X_C: ["~*^d$"]}',
    'snis: ["*.a.test", b.test]',
    'paths: [/, /a%2Fb, "/a b", "~/a/\\\\d+$", "/{id}", /ä]',
    'protocols: [grpc, grpcs], hosts: [a.test]',
    'protocols: [tcp], destinations: [{port: 80}, {ip: 10.0.0.0/8}], sources: [{ip: "::1", port: 1}]',
    'protocols: [tls], snis: [a.test]',
    'protocols: [tls_passthrough], snis: [a.test]',
    'protocols: [http, http], paths: [/a]',
    'paths: [/a], path_handling: v1, regex_priority: -5, tags: [a, ä, "b c"]',
    'paths: [/a], methods: null, hosts: null',
  ])('%s', (fields) => {
    expect(faultsIn(route(fields))).toEqual([]);
  });
});

const NO_CONDITION = "routes[0]: must set one of 'methods', 'hosts', 'headers', 'paths', 'snis' when 'protocols' is 'https'";

describe('is refused', () => {
  test.each([
    ['name: r', [NO_CONDITION]],
    ['paths: []', [NO_CONDITION]],
    ['protocols: [http], snis: []', ["routes[0]: must set one of 'methods', 'hosts', 'headers', 'paths' when 'protocols' is 'http'"]],
    ['protocols: [grpc], strip_path: false', ["routes[0]: must set one of 'hosts', 'headers', 'paths' when 'protocols' is 'grpc'"]],
    ['protocols: [tcp]', ["routes[0]: must set one of 'sources', 'destinations', 'snis' when 'protocols' is 'tcp', 'tls' or 'udp'"]],
    ['protocols: []', ['routes[0].protocols: unknown type: nil']],
    ['protocols: [foo], paths: [/a]', ['routes[0].protocols: unknown type: foo']],
    ['protocols: null, paths: [/a]', ['routes[0].protocols: required field missing']],
    [
      'protocols: [http, tcp], paths: [/a]',
      ["routes[0].protocols: these sets are mutually exclusive: ('http', 'https'), ('tcp', 'tls', 'udp')"],
    ],
    [
      'protocols: [http], paths: [/a], snis: [a.test]',
      [
        'routes[0].snis: length must be 0',
        "routes[0]: 'snis' can only be set when 'protocols' is 'grpcs', 'https', 'tls' or 'tls_passthrough'",
      ],
    ],
    ['paths: [/a], sources: [{port: 1}]', ["routes[0].sources: cannot set 'sources' when 'protocols' is 'http' or 'https'"]],
    [
      'protocols: [grpc], paths: [/a], strip_path: true',
      ["routes[0].strip_path: cannot set 'strip_path' when 'protocols' is 'grpc' or 'grpcs'"],
    ],
    ['paths: [""]', ['routes[0].paths[0]: length must be at least 1']],
    ['paths: [/a//b]', ['routes[0].paths[0]: must not have empty segments']],
    ['paths: [/a/../b]', ["routes[0].paths[0]: non-normalized path, consider use '/b' instead"]],
    ['paths: [/%61]', ["routes[0].paths[0]: non-normalized path, consider use '/a' instead"]],
    ['paths: [/a%zz]', ["routes[0].paths[0]: invalid url-encoded value: '%zz'"]],
    ['paths: ["~/(a"]', ["routes[0].paths[0]: invalid regex: '/(a' (PCRE returned: missing closing parenthesis)"]],
    ['paths: ["~/(?=a)"]', [expect.stringMatching(/^routes\[0\]: Router Expression failed validation: .*look-around/)]],
    ['headers: {x-a: ["~*(?<=a)"]}', [expect.stringContaining('routes[0]: Router Expression failed validation')]],
    ['headers: {x-a: []}', ['routes[0]: Router Expression failed validation: headers.x-a has no value to compare with']],
    ['paths: [null]', ['routes[0].paths[0]: required field missing']],
    ['hosts: ["a.*.b"]', ['routes[0].hosts[0]: invalid wildcard: must be placed at leftmost or rightmost label']],
    ['hosts: ["*.a.*"]', ['routes[0].hosts[0]: invalid wildcard: must have at most one wildcard']],
    ['hosts: ["a b"]', ['routes[0].hosts[0]: invalid hostname: a b']],
    ['hosts: [1.2.3]', ['routes[0].hosts[0]: invalid ipv4 address: 1.2.3']],
    ['headers: {Host: [a]}', ["routes[0].headers.Host: cannot contain 'host' header, which must be specified in the 'hosts' attribute"]],
    ['headers: {a b: [c]}', [expect.stringContaining('routes[0].headers["a b"]: bad header name \'a b\'')]],
    ['headers: {x-a: b}', ['routes[0].headers.x-a: expected an array']],
    ['snis: [127.0.0.1]', ['routes[0].snis[0]: must not be an IP']],
    ['snis: ["a.test:1"]', ['routes[0].snis[0]: must not have a port']],
    ['paths: [/a], https_redirect_status_code: 303', ['routes[0].https_redirect_status_code: expected one of: 426, 301, 302, 307, 308']],
    ['paths: [/a], expression: a', ['routes[0].expression: unknown field']],
    ['paths: [/a], path_handling: v2', ['routes[0].path_handling: expected one of: v0, v1']],
    ['paths: [/a], tags: ["a,b"]', [expect.stringContaining("routes[0].tags[0]: invalid tag 'a,b'")]],
    ['paths: [/a], name: "a b"', [expect.stringContaining("routes[0].name: invalid value 'a b'")]],
    ['paths: [/a], id: x', ['routes[0].id: expected a valid UUID']],
    ['paths: [/a], created_at: 0', ['routes[0].created_at: expected a valid timestamp']],
    ['protocols: [{}], paths: [/a]', [expect.stringContaining('routes[0].protocols: unknown type')]],
    ['protocols: [tcp], sources: [{ip: 10.0.0.1/8}]', [expect.stringMatching(/^routes\[0\]: Router Expression .*10\.0\.0\.1\/8/)]],
    ['protocols: [tcp], sources: [{}]', ["routes[0].sources[0]: at least one of these fields must be non-empty: 'ip', 'port'"]],
  ])('%s', (fields, faults) => {
    expect(faultsIn(route(fields))).toEqual(faults);
  });
});

import { describe, expect, test } from '@jest/globals';
import { configOf, faultsIn, withPlugin } from '../testing/load-text.js';
import { parseDeclarative } from './load.js';

describe('the file as a whole', () => {
  test('an empty configuration is one', () => {
    const config = configOf('');
    expect(config.services).toEqual([]);
    expect(Object.keys(config.credentials)).toContain('keyauth_credentials');
  });

  test.each([
    ['services: []', '_format_version: required field missing'],
    ['_format_version: 3.0', '_format_version: expected a string'],
    ['_format_version: "4.0"', '_format_version: expected one of: 1.1, 2.1, 3.0'],
    ['_format_version: "3.0"\nbogus: 1', 'bogus: unknown field'],
    ['_format_version: "3.0"\nservices: {s: {host: a}}', 'services: expected an array'],
    ['_format_version: "3.0"\n_comment: 1', '_comment: expected a string'],
    [
      '_format_version: "3.0"\nconsumer_groups: [{name: a}]',
      "consumer_groups: 'consumer_groups' can't be served: consumer groups belong to Kong Enterprise; use acls",
    ],
  ])('%j', (text, fault) => {
    expect(parseDeclarative(text, 'f.yml').faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([fault]);
  });

  test.each(['- a', 'a', '', '3', '[', 'null'])('%j is no configuration', (text) => {
    const { config, faults } = parseDeclarative(text, 'f.yml');
    expect(config).toBeNull();
    expect(faults).toEqual([expect.objectContaining({ file: 'f.yml', path: '', message: expect.stringMatching('failed parsing.*error') })]);
  });

  test('all faults come at once', () => {
    const text = `
services:
- name: s
  url: http://a.test
  foo: 1
  read_timeout: x
  routes:
  - name: r
    paths: ["/a", "b"]
    methods: [get]
    plugins:
    - {name: cors, config: {max_age: x, bar: 1}}
targets:
- {target: a, upstream: nope}
`;
    expect(faultsIn(text)).toEqual([
      'services[0].foo: unknown field',
      'services[0].read_timeout: expected an integer',
      'services[0].routes[0].methods[0]: invalid value: get',
      'services[0].routes[0].paths[1]: should start with: / (fixed path) or ~/ (regex path)',
      'services[0].routes[0].plugins[0].config.bar: unknown field',
      'services[0].routes[0].plugins[0].config.max_age: expected a number',
      "targets[0].upstream: invalid reference 'upstream: nope' (no such entry in 'upstreams')",
    ]);
  });

  test('notes may stand anywhere', () => {
    const text = '_comment: a\n_ignore: [1]\nservices: [{host: a, _comment: b, _ignore: [{c: d}], plugins: [{name: cors, _comment: c}]}]';
    expect(faultsIn(text)).toEqual([]);
  });

  test('an empty map is an empty list, and the other way round', () => {
    expect(faultsIn('services: {}\nplugins: [{name: cors, config: []}]')).toEqual([]);
  });

  test('more faults than anyone reads are counted, not kept', () => {
    const text = `services:\n${'- {foo: 1}\n'.repeat(2000)}`;
    expect(parseDeclarative(`_format_version: "3.0"\n${text}`, 'f').faults.length).toBe(500);
  });
});

describe('ids', () => {
  test("are Kong's", () => {
    const config = configOf(
      'upstreams: [{name: a, targets: [{target: "127.0.0.1:80"}]}]\nconsumers: [{username: al}, {username: "a b@c"}]',
    );
    expect(config.targets[0]?.id).toBe('7b0fc171-b698-59a2-8151-85ded84ce280');
    expect(config.consumers[1]?.id).toMatch(/^9877ed78-bf23-5cb4-97dd-4a/);
    expect(config.consumers[0]?.id).toMatch(/^903e8bdd-d6d4-559a-ba88-944560885/);
  });

  test('a plugin has that of its name and place', () => {
    const [nested, flat] = [withPlugin('name: cors'), 'plugins: [{name: cors, route: r}]\nroutes: [{name: r, paths: [/a]}]'].map(
      (text) => configOf(text).plugins[0]?.id,
    );
    expect(nested).toBe('8d257a85-2ac0-5869-b244-e2882409f85d');
    // Kong makes it from what is written, so from the name here and from the id there.
    expect(flat).not.toBe(nested);
  });

  test('an entity without a key has one of its place', () => {
    const text = 'services: [{host: a, routes: [{paths: [/a]}, {paths: [/b]}]}]';
    const ids = configOf(text).routes.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    expect(configOf(text).routes.map(({ id }) => id)).toEqual(ids);
  });

  test('an id of the file stays', () => {
    const id = '0fe87b4a-ce29-515a-88ec-8547e66550b9';
    expect(configOf(`services: [{host: a, id: ${id}, routes: [{paths: [/a]}]}]`).routes[0]?.service).toEqual({ id });
  });
});

describe('what is the same twice', () => {
  test.each([
    [
      'services: [{name: s, host: a}, {name: s, host: b}]',
      "services[1].name: uniqueness violation: 'services' entity with name set to 's' already declared",
    ],
    [
      'consumers: [{username: a, custom_id: x}, {username: b, custom_id: x}]',
      "consumers[1].custom_id: uniqueness violation: 'consumers' entity with custom_id set to 'x' already declared",
    ],
    [
      'upstreams: [{name: a, targets: [{target: "1.1.1.1:80"}, {target: "1.1.1.1:80"}]}]',
      expect.stringContaining("upstreams[0].targets[1]: uniqueness violation: 'targets' entity with primary key set to '"),
    ],
    [
      'consumers: [{username: a, keyauth_credentials: [{key: k}]}, {username: b, keyauth_credentials: [{key: k}]}]',
      "consumers[1].keyauth_credentials[0].key: uniqueness violation: 'keyauth_credentials' entity with key set to 'k' already declared",
    ],
    [
      'plugins: [{name: cors, instance_name: i}, {name: prometheus, instance_name: i}]',
      "plugins[1].instance_name: uniqueness violation: 'plugins' entity with instance_name set to 'i' already declared",
    ],
  ])('%s', (text, fault) => {
    expect(faultsIn(text)).toEqual([fault]);
  });

  test('a long key is not printed', () => {
    const [fault] = faultsIn('consumers: [{username: a, keyauth_credentials: [{key: secret-secret}, {key: secret-secret}]}]');
    expect(fault).toContain("'secr…'");
    expect(fault).not.toContain('secret-secret');
  });

  test('one target in two upstreams, one plugin on two routes are two', () => {
    const upstreams = 'upstreams: [{name: a, targets: [{target: "1.1.1.1:80"}]}, {name: b, targets: [{target: "1.1.1.1:80"}]}]';
    expect(faultsIn(upstreams)).toEqual([]);
    const shared =
      'services:\n- host: a\n  routes:\n  - {name: x, paths: [/x], plugins: [&p {name: cors}]}\n  - {name: y, paths: [/y], plugins: [*p]}';
    expect(configOf(shared).plugins.map(({ id }) => id)).toHaveLength(2);
  });
});

describe('paths of before Kong 3.0', () => {
  const paths = (version: string) =>
    configOf(
      `_format_version: "${version}"\nservices: [{host: a, routes: [{paths: ["/a/\\\\d+$", /b]}]}]\nroutes: [{paths: ["/c.*"]}]`,
    ).routes.map((route) => route.paths);

  test.each(['1.1', '2.1'])('%s: a path with characters of regular expressions is one', (version) => {
    expect(paths(version)).toEqual([['~/a/\\d+$', '/b'], ['~/c.*']]);
  });

  test('3.0: it is not', () => {
    expect(paths('3.0')).toEqual([['/a/\\d+$', '/b'], ['/c.*']]);
  });
});

describe('references to secrets', () => {
  const text = withPlugin('{name: standard-webhooks, config: {secret_v1: "{vault://env/hook}"}}');

  test('are refused when nothing resolves them', () => {
    expect(faultsIn(text)).toEqual([
      "services[0].routes[0].plugins[0].config.secret_v1: the reference {vault://env/hook} can't be resolved",
    ]);
  });

  test('are resolved', () => {
    const config = configOf(text, { resolveReference: (reference) => (reference === '{vault://env/hook}' ? 'x' : null) });
    expect(config.plugins[0]?.config['secret_v1']).toBe('x');
  });

  test('are plain text where none is expected', () => {
    expect(configOf('consumers: [{username: "{vault://env/a}"}]').consumers[0]?.username).toBe('{vault://env/a}');
  });
});

test('derived fields follow _transform', () => {
  const text = 'consumers: [{username: al, basicauth_credentials: [{username: u, password: p}]}]';
  const password = (more: string) => configOf(`${more}${text}`).credentials['basicauth_credentials']?.[0]?.['password'];
  expect(password('')).toMatch(/^[\da-f]{40}$/);
  expect(password('_transform: false\n')).toBe('p');
});

test('what a file leaves out is made up', () => {
  const config = configOf('consumers: [{username: a, keyauth_credentials: [{}], jwt_secrets: [{}]}]', { random: () => 'made-up' });
  expect(config.credentials['keyauth_credentials']?.[0]).toMatchObject({ key: 'made-up' });
  expect(config.credentials['jwt_secrets']?.[0]).toMatchObject({ key: 'made-up', secret: 'made-up', algorithm: 'HS256' });
});

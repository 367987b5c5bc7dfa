import { describe, expect, test } from '@jest/globals';
import { configOf, faultsIn } from '../testing/load-text.js';

describe('nested entities', () => {
  test('refer to the outer one', () => {
    const config = configOf(`
services:
- name: s
  host: a
  plugins: [{name: cors}]
  routes:
  - name: r
    paths: [/a]
    plugins: [{name: cors}]
consumers:
- username: c
  plugins: [{name: rate-limiting, config: {hour: 1}}]
  acls: [{group: g}]
upstreams:
- name: u
  targets: [{target: a.test}]
`);
    const [service, route, consumer] = [config.services[0]?.id, config.routes[0]?.id, config.consumers[0]?.id];
    expect(config.routes[0]?.service).toEqual({ id: service });
    expect(config.plugins).toMatchObject([
      { consumer: { id: consumer }, route: null, service: null },
      { route: { id: route }, service: null, consumer: null, consumer_group: null },
      { service: { id: service }, route: null },
    ]);
    expect(config.credentials['acls']).toMatchObject([{ group: 'g', consumer: { id: consumer } }]);
    expect(config.targets).toMatchObject([{ upstream: { id: config.upstreams[0]?.id }, target: 'a.test:8000', weight: 100 }]);
  });

  test('may name the outer one again, by name or id, but not one that is not there', () => {
    const nested = (consumer: string) => `consumers: [{username: a, acls: [{group: g, consumer: ${consumer}}]}]`;
    expect(faultsIn(nested('a'))).toEqual([]);
    expect(faultsIn(nested('{id: 903e8bdd-d6d4-559a-ba88-944560885000}'))).toEqual([
      expect.stringContaining('consumers[0].acls[0].consumer: invalid reference'),
    ]);
    expect(faultsIn(nested('b'))).toEqual([
      "consumers[0].acls[0].consumer: invalid reference 'consumer: b' (no such entry in 'consumers')",
    ]);
    expect(faultsIn(nested('1'))).toEqual(['consumers[0].acls[0].consumer: expected a string']);
  });

  test('may be scoped to a second entity', () => {
    const config = configOf(
      'services: [{name: s, host: a, plugins: [{name: rate-limiting, consumer: c, config: {hour: 1}}]}]\nconsumers: [{username: c}]',
    );
    expect(config.plugins[0]).toMatchObject({ consumer: { id: config.consumers[0]?.id }, service: { id: config.services[0]?.id } });
  });
});

describe('a plugin that knows no consumers', () => {
  const text = 'consumers: [{username: a, plugins: [{name: key-auth}]}]';

  test('is let pass inside a consumer', () => {
    expect(configOf(text).plugins[0]).toMatchObject({ consumer: { id: expect.any(String) } });
  });

  test('is refused with a consumer of its own', () => {
    expect(faultsIn('plugins: [{name: key-auth, consumer: a}]\nconsumers: [{username: a}]')).toEqual([
      'plugins[0].consumer: value must be null',
    ]);
  });

  test('is refused inside a consumer once the file needs the second round', () => {
    const withPassword = `${text.slice(0, -2)}, basicauth_credentials: [{username: u, password: p}]}]`;
    expect(faultsIn(withPassword)).toEqual(['consumers[0].plugins[0].consumer: value must be null']);
  });
});

describe('foreign keys at top level', () => {
  test.each([
    ['routes: [{paths: [/a], service: s}]\nservices: [{name: s, host: a}]', []],
    ['routes: [{paths: [/a]}]', []],
    ['routes: [{paths: [/a], service: {name: s}}]\nservices: [{name: s, host: a}]', ['routes[0].service.id: missing primary key']],
    ['keyauth_credentials: [{key: k}]', ['keyauth_credentials[0].consumer: required field missing']],
    ['keyauth_credentials: [{key: k, consumer: ""}]', ['keyauth_credentials[0].consumer.id: missing primary key']],
    ['targets: [{target: a, upstream: [u]}]', ['targets[0].upstream.0: unknown field', 'targets[0].upstream.id: missing primary key']],
    ['targets: [{target: a, upstream: 5}]', ['targets[0].upstream: expected a string']],
    [
      'targets: [{target: a, upstream: {id: 5, foo: 1}}]',
      ['targets[0].upstream.foo: unknown field', 'targets[0].upstream.id: expected a string'],
    ],
    ['plugins: [{name: cors, service: null}]', []],
  ])('%s', (text, faults) => {
    expect(faultsIn(text)).toEqual(faults);
  });

  test('by id', () => {
    const id = '0fe87b4a-ce29-515a-88ec-8547e66550b9';
    const config = configOf(
      `services: [{id: ${id}, host: a}]\nroutes: [{paths: [/a], service: ${id}}, {paths: [/b], service: {id: ${id}}}]`,
    );
    expect(config.routes.map(({ service }) => service?.id)).toEqual([id, id]);
  });
});

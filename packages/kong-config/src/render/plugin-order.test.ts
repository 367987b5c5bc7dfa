import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { Origins } from './origins.js';
import { checkPluginOrder, checkPluginOrderOf } from './plugin-order.js';

const messages = (text: string) => checkPluginOrder(parse(text), new Origins()).map((fault) => fault.message);
const on = (route: string, service = '[]', global = '[]') =>
  `services: [{name: s, plugins: ${service}, routes: [{name: r, plugins: ${route}}]}]\nplugins: ${global}`;

describe('a bundled plugin that decides below the policies', () => {
  test('does not share a route with an identity policy', () => {
    expect(messages(on('[{name: jwt-auth}, {name: ip-restriction}]'))).toEqual([
      "ip-restriction decides below the policies, so it can't share a route with jwt-auth",
    ]);
  });

  test('is told with its place, its route and what to use instead', () => {
    expect(checkPluginOrderOf(on('[{name: jwt-auth}, {name: acl}]'), 'kong.yml')).toEqual([
      expect.objectContaining({
        file: 'kong.yml:1',
        path: 'services[0].routes[0].plugins[1].name',
        hint: 'it runs for the route "r"; use permissions instead',
      }),
    ]);
  });

  test.each([
    ['policy on the service, bundled on the route', on('[{name: acl}]', '[{name: permissions}]')],
    ['policy global, bundled on the service', on('[]', '[{name: request-size-limiting}]', '[{name: jwt-auth}]')],
    ['both global', on('[]', '[]', '[{name: jwt-auth}, {name: rate-limiting}]')],
  ])('wherever the two stand: %s', (_, text) => {
    expect(messages(text)).toHaveLength(1);
  });

  test.each([
    ['plugins that only change what passes', on('[{name: jwt-auth}, {name: cors}, {name: request-transformer}, {name: prometheus}]')],
    ['a route without identity', on('[{name: ip-restriction}, {name: service-health}]')],
    ['a disabled one', on('[{name: jwt-auth}, {name: acl, enabled: false}]')],
    [
      "another route's policy",
      'services: [{name: s, routes: [{name: r, plugins: [{name: jwt-auth}]}, {name: q, plugins: [{name: acl}]}]}]',
    ],
    [
      "another service's policy",
      'services: [{name: s, plugins: [{name: acl}], routes: [{name: r}]}, {name: t, plugins: [{name: jwt-auth}]}]',
    ],
    ["a consumer's own", `${on('[{name: jwt-auth}]')}\nconsumers: [{username: c, plugins: [{name: rate-limiting}]}]`],
  ])('is accepted: %s', (_, text) => {
    expect(messages(text)).toEqual([]);
  });

  test('flat plugins that name their route or service count too', () => {
    const text = (target: string) => on('[{name: jwt-auth}]', '[]', `[{name: acl, ${target}}]`);
    expect(messages(text('route: r'))).toHaveLength(1);
    expect(messages(text('service: {name: s}'))).toHaveLength(1);
    expect(messages(text('route: {name: other}'))).toEqual([]);
  });
});

describe('proxy-cache', () => {
  const drops = '{name: request-transformer, config: {remove: {headers: [Authorization, cookie]}}}';
  test('needs the credentials dropped first', () => {
    expect(messages(on('[{name: proxy-cache}]'))).toEqual([expect.stringContaining('needs a request-transformer')]);
    expect(messages(on(`[{name: proxy-cache}, ${drops}]`))).toEqual([]);
    expect(messages(on('[{name: proxy-cache}]', `[${drops}]`))).toEqual([]);
  });

  test('is refused where an identity is checked, whatever is dropped', () => {
    expect(messages(on(`[{name: proxy-cache}, ${drops}, {name: api-key}]`))).toHaveLength(1);
  });
});

import { parseDeclarative } from '@gatehouse/kong-config';
import { describe, expect, test } from '@jest/globals';
import type { PluginInstance } from '../plugin.js';
import { ChainTable } from './plugin-chain.js';

const instanceYaml = (value: string, indent: string): string =>
  `${indent}- { name: response-transformer, config: { add: { headers: ['X-From:${value}'] } } }`;

/** A service with two routes, one of which has its own instance; which scopes have one is told. */
function chosen(scopes: { global?: boolean; service?: boolean; route?: boolean }): string | undefined {
  const plugins = (on: boolean | undefined, value: string, indent: string): string =>
    on ? `${indent}plugins:\n${instanceYaml(value, indent)}\n` : '';
  const text = [
    '_format_version: "3.0"\n',
    plugins(scopes.global, 'global', ''),
    'services:\n- name: s\n  url: http://127.0.0.1:1\n',
    plugins(scopes.service, 'service', '  '),
    '  routes:\n  - name: r\n    paths: [/]\n',
    plugins(scopes.route, 'route', '    '),
  ].join('');
  const { config, faults } = parseDeclarative(text, 'test.yml');
  if (config === null) throw new Error(JSON.stringify(faults));
  const names = new Map<PluginInstance, string>();
  const instances = config.plugins.map((entity) => {
    const instance: PluginInstance = {};
    names.set(instance, entity.route ? 'route' : entity.service ? 'service' : 'global');
    return { entity, instance, priority: 800 };
  });
  const table = new ChainTable(config, instances, [], () => ({}));
  const [link] = table.for(config.routes[0]!).links;
  return link?.base ? names.get(link.base) : undefined;
}

describe('the instance of a plugin that runs', () => {
  test("is the route's, then the service's, then the global one", () => {
    expect(chosen({ global: true, service: true, route: true })).toBe('route');
    expect(chosen({ global: true, route: true })).toBe('route');
    expect(chosen({ global: true, service: true })).toBe('service');
    expect(chosen({ global: true })).toBe('global');
    expect(chosen({})).toBeUndefined();
  });
});

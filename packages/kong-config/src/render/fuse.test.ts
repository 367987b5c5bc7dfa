import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseDeclarative } from '../declarative/load.js';
import type { Transport } from './fuse.js';
import { type Rendered, render } from './render.js';

const GUARD = 'plugins:\n- name: guard\n';
const info = (tag: string) => `_format_version: "3.0"\n_info:\n  select_tags: [${tag}]\n`;
const rule = (field: string) => `{ rules: [{ allow: [{ ${field}: true }] }] }`;

function run(body: string, transport: Transport = 'pdk', fuse = true, platform = GUARD): Rendered {
  const files = [
    { file: 'platform.yml', text: info('platform') + platform, system: null },
    { file: 'a.yml', text: info('system-gongbu') + body, system: 'gongbu' },
  ];
  return render({ files, values: {}, defaults: {}, systems: ['gongbu'], parse: parseDeclarative, transport, fuse });
}

interface Plugin {
  name: string;
  config: { system: string; policies: string };
}

function pluginsOn(text: string | null): Plugin[] {
  const route = parse(text ?? '').services[0].routes[0] as { plugins?: Plugin[] };
  return route.plugins ?? [];
}

const policiesOf = (plugin: Plugin | undefined): { name: string; config: object }[] => JSON.parse(plugin?.config.policies ?? '[]');

const service = (route: string, own: string) =>
  `services:\n- name: s\n  url: http://h\n  plugins: ${own}\n  routes:\n  - { name: r, paths: [/r], plugins: ${route} }\n`;

describe('fusion', () => {
  test("one plugin has what runs for the route: its own before its service's before the global ones", () => {
    const platform = `${GUARD}- name: sanitize\n- name: permissions\n  config: ${rule('public')}\n`;
    const own = `[{ name: permissions, config: ${rule('authenticated')} }]`;
    const { dbless, faults } = run(service('[{ name: cors }]', own), 'pdk', true, platform);
    expect(faults).toEqual([]);
    const plugins = pluginsOn(dbless);
    expect(plugins.map(({ name }) => name).sort()).toEqual(['cors', 'gatehouse']);
    const fused = plugins.find(({ name }) => name === 'gatehouse');
    expect(fused?.config.system).toBe('gongbu');
    expect(policiesOf(fused)).toEqual([
      { name: 'permissions', system: 'gongbu', config: { rules: [{ allow: [{ authenticated: true }] }] } },
      { name: 'sanitize', system: '', config: {} },
    ]);
    const tree = parse(dbless ?? '');
    expect(tree.plugins.map(({ name }: Plugin) => name)).toEqual(['guard']);
    expect(tree.services[0].plugins).toBeUndefined();
  });

  test.each([
    ['route', 'service', 'global', 'route'],
    [null, 'service', 'global', 'service'],
    [null, null, 'global', 'global'],
    ['route', null, 'global', 'route'],
    ['route', 'service', null, 'route'],
  ])('of one on the route (%s), one on the service (%s) and a global one (%s) runs the one on the %s', (route, own, top, running) => {
    const entry = (who: string | null) =>
      who === null ? '' : `{ name: jwt-auth, config: { keys: [{ secret: "env:${who}" }], algorithms: [HS256] } }`;
    const platform = `${GUARD}${top === null ? '' : `- ${entry(top)}\n`}`;
    for (const transport of ['pdk', 'direct'] as const) {
      const { dbless, faults } = run(service(`[${entry(route)}]`, `[${entry(own)}]`), transport, true, platform);
      expect(faults).toEqual([]);
      const found = pluginsOn(dbless).flatMap((plugin) => policiesOf(plugin));
      expect(found.map(({ name, config }) => [name, (config as { keys: object[] }).keys])).toEqual([
        ['jwt-auth', [{ secret: `env:${running}` }]],
      ]);
    }
  });

  test('a disabled one does not run, and a route without any has no plugin', () => {
    const { dbless } = run(service('[{ name: sanitize, enabled: false }]', '[]'));
    expect(pluginsOn(dbless)).toEqual([]);
  });

  test('the direct lane has a plugin of its own', () => {
    expect(pluginsOn(run(service('[{ name: sanitize }]', '[]'), 'direct').dbless)[0]?.name).toBe('gatehouse-direct');
  });

  test('without fusion the sources stay as they are', () => {
    expect(pluginsOn(run(service('[{ name: sanitize }]', '[]'), 'pdk', false).dbless)[0]?.name).toBe('sanitize');
  });

  test('what decK syncs is fused as well', () => {
    const { deck } = run(service('[{ name: sanitize }]', '[]'));
    const text = deck?.().find(({ name }) => name.includes('gongbu'))?.text ?? '';
    expect(pluginsOn(text)[0]?.name).toBe('gatehouse');
  });
});

describe('refused', () => {
  test('a policy for one consumer', () => {
    const { faults } = run('consumers:\n- username: c\n  plugins:\n  - name: sanitize\n');
    expect(faults.map(({ message }) => message).join()).toContain("can't be bound to a consumer");
  });

  test.each([
    ['named from the top', 'consumers:\n- username: c\nplugins:\n- { name: sanitize, consumer: c }\n'],
    [
      'on a route for one consumer',
      'consumers:\n- username: c\nplugins:\n- { name: jwt-auth, consumer: c, route: r, config: { keys: [{ secret: "env:S" }], algorithms: [HS256] } }\n' +
        service('[]', '[]'),
    ],
  ])('one for a consumer, %s: with the place, and what to do instead', (_, body) => {
    for (const fuse of [true, false]) {
      const { faults, dbless } = run(body, 'pdk', fuse);
      expect(dbless).toBeNull();
      expect(faults).toContainEqual(
        expect.objectContaining({
          file: expect.stringMatching(/^a\.yml:\d+$/),
          message: expect.stringContaining("can't be bound to a consumer"),
          hint: expect.stringContaining('bind it to the route'),
        }),
      );
    }
  });

  test('policies with no guard behind them', () => {
    const { faults } = run(service('[{ name: sanitize }]', '[]'), 'pdk', true, '');
    expect(faults).toEqual([expect.objectContaining({ message: 'no guard stands behind this policy' })]);
  });
});

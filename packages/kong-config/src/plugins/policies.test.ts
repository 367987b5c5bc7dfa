import { describe, expect, test } from '@jest/globals';
import { parseDeclarative } from '../declarative/load.js';
import { policySchemas } from './policies.js';

const load = (config: unknown, more = {}) =>
  parseDeclarative(JSON.stringify({ _format_version: '3.0', plugins: [{ name: 'permissions', config, ...more }] }), 'kong.yml');

describe('policies of ours', () => {
  test('each generated schema is known', () => {
    const names = policySchemas().map(({ name }) => name);
    expect(names).toContain('permissions');
    expect(new Set(names).size).toBe(names.length);
  });

  test('a configuration is completed', () => {
    const { config, faults } = load({ rules: [{ allow: [{ authenticated: true }] }] });
    expect(faults).toEqual([]);
    expect(config!.plugins[0]!.config).toMatchObject({ rules: [{ methods: [], allow: [{ authenticated: true, public: false }] }] });
  });

  test.each([
    [{ rules: 'x' }, 'config.rules'],
    [{ rules: [{ allow: [{ authenticated: 'yes' }] }] }, 'config.rules[0].allow[0].authenticated'],
    [{ rulez: [] }, 'config.rulez'],
  ])('%j is refused at %s', (config, path) => {
    expect(load(config).faults.map((fault) => fault.path)).toContain(`plugins[0].${path}`);
  });
});

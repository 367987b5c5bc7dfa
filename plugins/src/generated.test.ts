import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { staleFiles } from './generate.js';
import { schemaOf } from './link.js';
import { policies } from './policies.js';

const root = path.resolve(import.meta.dirname, '..');
const bundled = ['jwt', 'key-auth', 'acl', 'cors', 'rate-limiting', 'prometheus', 'hmac-auth', 'standard-webhooks', 'ip-restriction'];

describe('policies', () => {
  test('schemas and README tables are current (gatehouse schemas)', () => expect(staleFiles(root)).toEqual([]));

  test('stand by falling priority under names that no bundled plugin has', () => {
    const priorities = policies.map((policy) => policy.priority);
    expect(priorities).toEqual([...priorities].sort((a, b) => b - a));
    expect(new Set(policies.map((policy) => policy.name)).size).toBe(policies.length);
    for (const { name } of policies) expect(bundled).not.toContain(name);
  });

  test.each(policies.map((policy) => [policy.name, policy] as const))('%s is complete', (name, policy) => {
    expect(policy.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Number.isInteger(policy.priority)).toBe(true);
    expect(Object.keys(schemaOf(policy).properties ?? {})).toEqual(expect.arrayContaining(['system', 'errors']));
    const readme = fs.readFileSync(path.join(root, 'src', name, 'README.md'), 'utf8');
    expect(readme.indexOf('```yaml')).toBeGreaterThan(0);
    expect(readme.indexOf('```yaml')).toBeLessThan(readme.indexOf('\n## '));
  });
});

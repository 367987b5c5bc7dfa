import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseDeclarative } from '../declarative/load.js';
import { listSystems, readEnvFile, readStateFiles } from './files.js';
import { render } from './render.js';

const root = path.resolve(import.meta.dirname, '../../../..');
const defaults = readEnvFile(path.join(root, '.env.example'));
const systems = listSystems(root);

interface Guard {
  systems: { name: string; hosts: string[] }[];
  default_system?: string;
}

function guardOf(wanted: readonly string[], values: Record<string, string> = {}): Guard {
  const { dbless } = render({ files: readStateFiles(root, wanted), values, defaults, systems, parse: parseDeclarative });
  const { plugins } = parse(dbless ?? '') as { plugins: { name: string; config: Guard }[] };
  return plugins.find(({ name }) => name === 'guard')!.config;
}

test('a secret that was set under its bare name is named by it, where that is clear', () => {
  const text = (wanted: string[], values: Record<string, string>) =>
    render({ files: readStateFiles(root, wanted), values, defaults, systems, parse: parseDeclarative }).dbless ?? '';
  expect(text(['gongbu'], { JWT_SECRET: 'hush' })).toContain('secret: env:JWT_SECRET');
  expect(text(['gongbu'], { JWT_SECRET: 'hush' })).not.toMatch(/env:GONGBU_JWT_SECRET|hush/);
  expect(text(['gongbu'], { JWT_SECRET: 'hush', GONGBU_JWT_SECRET: 'hush' })).toContain('secret: env:GONGBU_JWT_SECRET');
  expect(text([], { JWT_SECRET: 'hush' })).toContain('secret: env:GONGBU_JWT_SECRET');
});

describe('the guard', () => {
  test('knows every system that is rendered, by the hosts of the environment', () => {
    const guard = guardOf([], { GONGBU_HOSTS: 'a.test,*.b.test' });
    expect(guard.systems.map(({ name }) => name)).toEqual(systems);
    expect(guard.systems.find(({ name }) => name === 'gongbu')?.hosts).toEqual(['a.test', '*.b.test']);
    expect(guard.default_system).toBeUndefined();
    expect(guardOf(['gongbu', 'learning']).systems.map(({ name }) => name)).toEqual(['gongbu', 'learning']);
  });

  test.each(systems)('gives every host the form of %s when that is served alone', (system) => {
    expect(guardOf([system])).toMatchObject({ default_system: system, systems: [{ name: system }] });
  });

  test('takes the host * for unknown hosts', () => {
    const guard = guardOf([], { LEARNING_HOSTS: '*' });
    expect(guard.default_system).toBe('learning');
    expect(guard.systems.find(({ name }) => name === 'learning')?.hosts).toEqual([]);
  });
});

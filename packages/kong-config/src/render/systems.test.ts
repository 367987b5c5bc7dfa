/** What holds for the state files of the repository, whatever the environment. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { parseDeclarative } from '../declarative/load.js';
import { isSecretName } from '../env/secrets.js';
import { entries } from './entities.js';
import { listSystems, readEnvFile, readStateFiles, UnknownSystemError } from './files.js';
import { type Rendered, render } from './render.js';

const root = path.resolve(import.meta.dirname, '../../../..');
const defaults = readEnvFile(path.join(root, '.env.example'));
const systems = listSystems(root);
const names = Object.keys(defaults);

function renderSystems(wanted: readonly string[], values: Record<string, string>, files = readStateFiles(root, wanted)): Rendered {
  return render({ files, values, defaults, systems, parse: parseDeclarative });
}

function renderAll(values: Record<string, string> = {}): string {
  const { faults, dbless } = renderSystems([], values);
  expect(faults).toEqual([]);
  return dbless ?? '';
}

describe('the state files', () => {
  test.each([[[] as string[]], ...systems.map((system) => [[system]])])('render without a fault: %p', (wanted) => {
    const { faults, dbless } = renderSystems(wanted, {});
    expect(faults).toEqual([]);
    expect(parseDeclarative(dbless ?? '', 'kong.yml').faults).toEqual([]);
  });

  test('render to the same text every time, in whatever order they are read', () => {
    const files = readStateFiles(root, []);
    const reference = renderAll();
    fc.assert(
      fc.property(fc.shuffledSubarray(files, { minLength: files.length }), (shuffled) => {
        expect(renderSystems([], {}, shuffled).dbless).toBe(reference);
      }),
      { numRuns: 5 },
    );
  });

  test('carry the tag of their system on every entity', () => {
    for (const system of systems) {
      const found = [...entries(parse(renderSystems([system], {}).dbless ?? ''))];
      expect(found.length).toBeGreaterThan(0);
      for (const { entity } of found) expect([[`system-${system}`], ['platform']]).toContainEqual(entity['tags']);
    }
  });

  test('never hold the value of a secret, whatever it is', () => {
    const secrets = names.filter(isSecretName);
    expect(secrets.length).toBeGreaterThan(5);
    const hush = fc.stringMatching(/^hush[a-zA-Z0-9+/]{12,40}$/);
    fc.assert(
      fc.property(hush, (value) => {
        const values = Object.fromEntries(
          secrets.flatMap((name) => [
            [name, value],
            [`DECK_${name}`, value],
          ]),
        );
        expect(renderAll(values)).not.toContain(value);
      }),
      { numRuns: 3 },
    );
  });

  test('need nothing that .env.example does not set', () => {
    for (const { text } of readStateFiles(root, [])) {
      for (const [, name = ''] of text.matchAll(/env "DECK_([A-Z0-9_]+)"/g)) {
        const base = name.replace(/_(TARGETS|PROTOCOL|PATH)$/, '_URL');
        expect(names).toContain(names.includes(name) ? name : base);
      }
    }
  });

  test('give a 405 for every path that has only some methods, with Allow naming exactly those', () => {
    const routes = [...entries(parse(renderAll()))].filter(({ kind }) => kind === 'routes').map(({ entity }) => entity);
    const limited = routes.filter((route) => Array.isArray(route['methods']) && !String(route['name']).endsWith('-405'));
    const open = routes.filter((route) => route['methods'] === undefined && route['name'] !== 'unknown-host');
    for (const route of limited) {
      const host = String(route['hosts']);
      expect(open.some((twin) => String(twin['hosts']) === host && !/-404$/.test(String(twin['name'])))).toBe(true);
    }
  });
});

describe('the committed kong.yml', () => {
  test('is what .env.example renders to', () => {
    expect(fs.readFileSync(path.join(root, 'kong/kong.yml'), 'utf8')).toBe(renderAll());
  });
});

describe('.env.example', () => {
  test('says what each variable means', () => {
    const lines = fs.readFileSync(path.join(root, '.env.example'), 'utf8').split('\n');
    for (const [index, line] of lines.entries()) if (/^[A-Z]/.test(line)) expect(`${lines[index - 1]}\n${line}`).toMatch(/^# /);
  });

  test('gives no secret a value', () => {
    for (const name of names.filter(isSecretName)) expect(`${name}=${defaults[name]}`).toBe(`${name}=`);
  });
});

test('a system that does not exist is refused by name', () => {
  expect(() => readStateFiles(root, ['gongbu', 'nope'])).toThrow(UnknownSystemError);
});

/** What holds for the state files of the repository, whatever the environment. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { parseDeclarative } from '../declarative/load.js';
import { Environment } from '../env/environment.js';
import { isSecretName } from '../env/secrets.js';
import { entries } from './entities.js';
import { listSystems, readEnvFile, readStateFiles, UnknownSystemError } from './files.js';
import { Origins } from './origins.js';
import { type Rendered, render } from './render.js';
import { readSource } from './source.js';

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

  test('read the same by decK, which replaces expressions as text, where no value is a list', () => {
    for (const { file, text, system } of readStateFiles(root, [])) {
      const names = [...text.matchAll(/env "(DECK_[A-Z0-9_]+)"/g)].map(([, name = '']) => name);
      const lookUp = new Environment({ values: {}, defaults, systems });
      const values = Object.fromEntries(names.map((name) => [name, lookUp.find(name)?.value.split(/,(?! )/)[0]]));
      const byDeck = text.replace(/\$\{\{\s*env "(\w+)"[^}]*\}\}/g, (_, name: string) => values[name] ?? '');
      const read = readSource(file, text, new Environment({ values, defaults, systems }), new Origins());
      expect([system, read.faults, read.tree]).toEqual([system, [], parse(byDeck, { merge: true })]);
    }
  });

  test('need nothing that .env.example does not set', () => {
    for (const { text } of readStateFiles(root, [])) {
      for (const [, name = ''] of text.matchAll(/env "DECK_([A-Z0-9_]+)"/g)) {
        const base = name.replace(/_(TARGETS|PROTOCOL|PATH|URLS)$/, '_URL');
        expect(names).toContain(names.includes(name) ? name : base);
      }
    }
  });

  test('give a 405 for every path that has only some methods, with Allow naming exactly those', () => {
    const routes = routesOf(renderAll());
    const limited = routes.filter(({ methods, name }) => methods.length > 0 && !name.endsWith('-405'));
    expect(limited.length).toBeGreaterThan(50);
    for (const { host, path: pattern } of limited) {
      const here = routes.filter((route) => route.host === host && route.pattern.test(samplePath(pattern)));
      const open = first(here.filter(({ methods }) => methods.length === 0));
      const owners = here.filter(({ methods, name }) => methods.length > 0 && !name.endsWith('-405'));
      const best = Math.max(...owners.map(({ priority }) => priority));
      const methods = new Set(owners.filter(({ priority }) => priority === best).flatMap((route) => route.methods));
      if (open?.allow !== null) expect([pattern, open?.name, open?.allow]).toEqual([pattern, expect.stringMatching(/-405$/), methods]);
    }
  });

  test('take HEAD wherever they take GET, but for WebSockets', () => {
    for (const { name, methods } of routesOf(renderAll())) {
      if (methods.includes('GET') && !name.endsWith('-ws')) expect([name, methods]).toEqual([name, expect.arrayContaining(['HEAD'])]);
    }
  });
});

describe('the committed kong.yml', () => {
  test('is what .env.example renders to', () => {
    expect(fs.readFileSync(path.join(root, 'kong/kong.yml'), 'utf8')).toBe(renderAll());
  });
});

describe('.env.example', () => {
  test('says what each variable, or each block of them, means', () => {
    const text = fs.readFileSync(path.join(root, '.env.example'), 'utf8');
    for (const block of text.split(/\n(?=#|\n)/)) expect(block.trim()).toMatch(/^(#.*|)(\n|$)/);
  });

  test('gives no secret a value', () => {
    for (const name of names.filter(isSecretName)) expect(`${name}=${defaults[name]}`).toBe(`${name}=`);
  });
});

test('a system that does not exist is refused by name', () => {
  expect(() => readStateFiles(root, ['gongbu', 'nope'])).toThrow(UnknownSystemError);
});

interface RawPlugin {
  name: string;
  config?: { append?: { headers: string[] } };
}

interface RawRoute {
  name: string;
  paths: string[];
  hosts?: string[];
  methods?: string[];
  regex_priority?: number;
  plugins?: RawPlugin[];
}

interface RouteView {
  name: string;
  host: string;
  path: string;
  pattern: RegExp;
  methods: string[];
  priority: number;
  /** What its Allow header names; null for a route that goes to a service. */
  allow: Set<string> | null;
}

/** The routes of a rendered file that have a regular expression for a path. */
function routesOf(text: string): RouteView[] {
  const routes = [...entries(parse(text))].filter(({ kind }) => kind === 'routes').map(({ entity }) => entity as unknown as RawRoute);
  return routes.flatMap((route) =>
    route.paths
      .filter((one) => one.startsWith('~'))
      .map((one) => ({
        name: route.name,
        host: String(route.hosts),
        path: one.slice(1),
        pattern: new RegExp(`^${one.slice(1)}`),
        methods: route.methods ?? [],
        priority: route.regex_priority ?? 0,
        allow: allowOf(route.plugins ?? []),
      })),
  );
}

function allowOf(plugins: RawPlugin[]): Set<string> | null {
  const headers = plugins.find(({ name }) => name === 'response-transformer')?.config?.append?.headers ?? [];
  const allow = headers.find((header) => header.startsWith('Allow:'));
  return allow === undefined ? null : new Set(allow.slice('Allow:'.length).split(', '));
}

/** One path that an expression of the state files matches. */
function samplePath(expression: string): string {
  return expression
    .replace(/\(\/\|\$\)$|\/\?\$$|\$$/, '')
    .replaceAll('\\', '')
    .replace(/\(\?<id>\[\^\/\]\+\)|\[\^\/\]\+/g, 'x1')
    .replace(/\([^()]*\)\?/g, '')
    .replace(/\(([^()|]*)[^()]*\)/g, '$1');
}

/** The route that Kong prefers among those with equally many conditions. */
function first(routes: RouteView[]): RouteView | undefined {
  return routes.toSorted((a, b) => b.priority - a.priority)[0];
}

import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseDeclarative } from '../declarative/load.js';
import type { Fault } from '../types.js';
import { type Rendered, render, type StateFile } from './render.js';

const env = (inner: string) => `\${{ ${inner} }}`;
const info = (tag: string) => `_format_version: "3.0"\n_info:\n  select_tags: [${tag}]\n`;
const file = (system: string, body: string): StateFile => ({ file: `${system}.yml`, text: info(`system-${system}`) + body, system });

function run(files: StateFile[], values: Record<string, string> = {}, defaults: Record<string, string> = {}): Rendered {
  return render({ files, values, defaults, systems: ['a', 'b'], parse: parseDeclarative });
}

function rendered(files: StateFile[], values: Record<string, string> = {}, defaults: Record<string, string> = {}): string {
  const result = run(files, values, defaults);
  expect(result.faults).toEqual([]);
  return result.dbless ?? '';
}

function faults(body: string): Fault[] {
  return run([file('a', body), file('b', '')]).faults;
}

const service = (name: string, rest = '') => `services:\n- name: ${name}\n  url: http://h\n${rest}`;

describe('render', () => {
  test('puts the files of systems into one, by name, with their tags', () => {
    const text = rendered([file('b', service('z')), file('a', service('y'))]);
    expect(text).toMatch(/name: y[\s\S]*system-a[\s\S]*name: z[\s\S]*system-b/);
    expect(text).not.toContain('_info');
    expect(text).toMatch(/^# Written by/);
  });

  test('tags every entity, nested ones too, and keeps tags of their own', () => {
    const body = service('s', '  tags: [own]\n  routes:\n  - name: r\n    paths: [/r]\n    plugins:\n    - name: cors\n');
    const { services } = parse(rendered([file('a', body)]));
    expect(services[0].tags).toEqual(['system-a', 'own']);
    expect(services[0].routes[0].tags).toEqual(['system-a']);
    expect(services[0].routes[0].plugins[0].tags).toEqual(['system-a']);
  });

  test('fills in the defaults of _info where an entity is silent', () => {
    const text = `${info('a').trimEnd()}\n  defaults:\n    service: { retries: 1, read_timeout: 7 }\n    route: { strip_path: false }\n${service('s', '  retries: 3\n  routes: [{name: r, paths: [/r]}]\n')}`;
    const tree = parse(rendered([{ file: 'a', text, system: 'a' }]));
    expect(tree.services[0]).toMatchObject({ retries: 3, read_timeout: 7, routes: [{ strip_path: false }] });
  });

  test('one expression in a list is as many items as its value has', () => {
    const body = service('s', `  routes:\n  - name: r\n    hosts:\n    - ${env('env "DECK_A_HOSTS"')}\n`);
    const tree = parse(rendered([file('a', body), file('b', '')], { A_HOSTS: 'x.test, y.test' }));
    expect(tree.services[0].routes[0].hosts).toEqual(['x.test', 'y.test']);
  });

  test('one target is as many as its address variable names', () => {
    const body = `upstreams:\n- name: u\n  targets:\n  - target: ${env('env "DECK_A_S_TARGETS"')}\n    weight: 5\n`;
    const tree = parse(rendered([file('a', body)], { A_S_URL: 'http://h:1,http://h:2' }));
    expect(tree.upstreams[0].targets).toEqual([
      { target: 'h:1', weight: 5, tags: ['system-a'] },
      { target: 'h:2', weight: 5, tags: ['system-a'] },
    ]);
  });

  test('merge keys and aliases are followed', () => {
    const body = service('s', '  routes:\n  - &r\n    name: r1\n    paths: [/a]\n    strip_path: false\n  - <<: *r\n    name: r2\n');
    const [r1, r2] = parse(rendered([file('a', body)])).services[0].routes;
    expect(r2).toEqual({ ...r1, name: 'r2' });
  });

  test('an empty path of an address is no path', () => {
    const body = `services:\n- name: s\n  host: h\n  path: ${env('env "DECK_A_S_PATH"')}\n`;
    const tree = parse(rendered([file('a', body)], { A_S_URL: 'http://h' }));
    expect(tree.services[0]).toEqual({ name: 's', host: 'h', tags: ['system-a'] });
  });

  test('a system served alone answers on any host, unless the operator named some', () => {
    const body = service('s', `  routes:\n  - name: r\n    paths: [/]\n    hosts:\n    - ${env('env "DECK_A_HOSTS"')}\n`);
    const defaults = { A_HOSTS: 'a.test' };
    expect(rendered([file('a', body)], {}, defaults)).not.toContain('hosts');
    expect(rendered([file('a', body)], { A_HOSTS: 'b.test' }, defaults)).toContain('b.test');
    expect(rendered([file('a', body), file('b', '')], {}, defaults)).toContain('a.test');
    expect(rendered([file('a', body), file('b', '')], { A_HOSTS: '*' }, defaults)).not.toContain('hosts');
  });

  test('decK gets one file per tag, complete by itself', () => {
    const result = run([file('a', service('s')), { ...file('a', 'routes: [{name: r, paths: [/r]}]\n'), file: 'more.yml' }]);
    expect(result.deck?.().map(({ name }) => name)).toEqual(['system-a.yml']);
    expect(parse(result.deck?.()[0]?.text ?? '')).toMatchObject({
      _format_version: '3.0',
      _info: { select_tags: ['system-a'] },
      services: [{ name: 's', tags: ['system-a'] }],
      routes: [{ name: 'r' }],
    });
  });

  test('is the same whatever the order of files and keys', () => {
    const one = file('a', 'services:\n- name: s\n  url: http://h\n  retries: 1\n- name: t\n  url: http://h\n');
    const other = file('a', 'services:\n- url: http://h\n  name: t\n- retries: 1\n  url: http://h\n  name: s\n');
    expect(rendered([one, file('b', '')])).toBe(rendered([file('b', ''), other]));
  });
});

describe('faults', () => {
  test('are told in the source, with line, path and hint', () => {
    const found = faults(service('s', '  prot: 1\n  routes:\n  - name: r\n    paths: [nope]\n    plugins:\n    - name: crs\n'));
    expect(found).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ file: 'a.yml:7', path: 'services[0].prot' }),
        expect.objectContaining({ file: 'a.yml:10', path: 'services[0].routes[0].paths[0]' }),
        expect.objectContaining({ file: 'a.yml:12', path: 'services[0].routes[0].plugins[0].name' }),
      ]),
    );
  });

  test('name the variable whose value is refused', () => {
    const body = `services:\n- name: s\n  url: http://h\n  retries: ${env('env "DECK_A_RETRIES"')}\n`;
    const result = run([file('a', body)], { A_RETRIES: '-4' });
    expect(result.faults).toEqual([
      expect.objectContaining({ file: 'a.yml:7', path: 'services[0].retries', hint: expect.stringContaining('A_RETRIES') }),
    ]);
  });

  test('an unset variable is one fault, not a trail of them', () => {
    const found = faults(`services:\n- name: s\n  url: ${env('env "DECK_A_URL"')}\n`);
    expect(found).toEqual([
      expect.objectContaining({ path: 'services[0].url', message: expect.stringContaining('DECK_A_URL is not set') }),
    ]);
  });

  test('two routes of one name are told with both places', () => {
    const routes = '  routes:\n  - {name: r, paths: [/a]}\n  - {name: r, paths: [/b]}\n';
    const found = faults(service('s', routes));
    expect(found).toEqual([
      expect.objectContaining({ file: 'a.yml:9', message: 'two routes have the name "r"', hint: expect.stringContaining('a.yml:8') }),
    ]);
  });

  test.each([
    ['_plugin_configs: {}\n', '_plugin_configs'],
    ['_comment: x\n', '_comment'],
    ['serviecs: []\n', 'serviecs'],
  ])('a key that is not understood is refused: %s', (body, path) => {
    expect(faults(body)).toEqual([expect.objectContaining({ path })]);
  });

  test.each([
    ['not a map', '- a\n'],
    ['a tab', 'a:\n\t- b\n'],
    ['twice the same anchor', '_format_version: "3.0"\nb: [&a 1, &a 2]\n'],
    ['twice the same key', '_format_version: "3.0"\n_format_version: "3.0"\n'],
  ])('%s is not read', (_, text) => {
    expect(run([{ file: 'x', text, system: 'a' }]).faults).toHaveLength(1);
  });

  test('a file without tags or with another version is refused', () => {
    const found = run([{ file: 'x', text: '_format_version: "1.1"\n', system: 'a' }]).faults;
    expect(found.map((fault) => fault.path)).toEqual(['_format_version', '_info.select_tags']);
  });

  test('an alias of nothing before it is refused', () => {
    expect(faults('routes: [{name: *a, hosts: [&a x.test]}]\n')[0]).toMatchObject({
      path: 'routes[0].name',
      message: expect.stringContaining('&a'),
    });
  });

  test('aliases that grow without end are refused', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((key, i) => `${key}: &${key} [${Array(10).fill(`*${'abcdefgh'[i]}`)}]`),
    ];
    const found = run([{ file: 'x', text: bomb.join('\n'), system: 'a' }]).faults;
    expect(found[0]?.message).toContain('too large');
  });
});

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type PlaneCheck, type ValidateOptions, ValidateUsageError, validate } from './validate.js';

const root = path.resolve(import.meta.dirname, '../../..');
const good: PlaneCheck = () => [];
let folder: string;
let told: string[];

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-validate-'));
  told = [];
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

const run = (args: string[], checks: Partial<ValidateOptions['checks']> = {}): number =>
  validate(args, { root, variables: {}, checks: { embedded: good, kong: good, ...checks }, say: (line) => void told.push(line) });

describe('gatehouse validate', () => {
  test.each(['embedded', 'kong'])('accepts all state files for %s', (target) => {
    expect(run(['--target', target])).toBe(0);
    expect(told.join()).toMatch(/valid for the \w+ plane \(\d+ services, \d+ routes/);
  });

  test('a file that cannot be read does not hide the faults of the others', () => {
    const faulty = write('kong.yml', '_format_version: "3.0"\nservice: []\n');
    expect(run([path.join(folder, 'nope.yml'), folder, faulty])).toBe(1);
    for (const part of ['nope.yml: the file can', `${folder}: the file can`, "did you mean 'services'"])
      expect(told.join()).toContain(part);
  });

  test('names every fault of every file, of either form', () => {
    const rendered = write('kong.yml', '_format_version: "3.0"\nservices: [{name: s, port: "80"}]\n');
    const source = write('state.yml', '_format_version: "3.0"\n_info: {select_tags: [t]}\nroutes:\n- name: r\n  pahts: [/]\n');
    expect(run([rendered, source])).toBe(1);
    expect(told).toEqual(
      expect.arrayContaining([expect.stringContaining('services[0].port'), expect.stringMatching(/state\.yml:5: routes\[0\]\.pahts/)]),
    );
  });

  test('what a plane would refuse is told where it stands in the source, for that plane alone', () => {
    const refusing: PlaneCheck = (_config, { file }) => [{ file, path: 'routes[0].paths[0]', message: 'is too hard' }];
    const source = write('state.yml', '_format_version: "3.0"\n_info: {select_tags: [t]}\nroutes:\n- name: r\n  paths:\n  - /a\n');
    expect(run([source], { embedded: refusing })).toBe(1);
    expect(told.join()).toMatch(/state\.yml:6: routes\[0\]\.paths\[0\]: is too hard/);
    expect(run([source, '--target', 'kong'], { embedded: refusing })).toBe(0);
  });

  test('a check gets the values of the file alone, and whether secrets must be there', () => {
    const seen: unknown[] = [];
    const env = write('env', 'A=1\n');
    const file = write('kong.yml', '_format_version: "3.0"\n');
    const check: PlaneCheck = (_config, _source, options) => {
      seen.push(options);
      return [];
    };
    run([file, '--env-file', env, '--secrets'], { embedded: check });
    expect(seen).toEqual([{ values: { A: '1' }, secrets: true }]);
  });

  test('a plane that there is not is refused', () => expect(() => run(['--target', 'nginx'])).toThrow(ValidateUsageError));
});

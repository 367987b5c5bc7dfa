/** The house rules that a machine can hold: sizes, import arrows, one place for effects, no half-done work. */
import { describe, expect, test } from '@jest/globals';
import { functionsOf, importsOf, read, typescriptFiles } from './source.js';

const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 70;
const files = typescriptFiles();
const isTest = (file: string): boolean => file.startsWith('test/') || file.endsWith('.test.ts') || file.includes('/testing/');

/** Who may import whom: the imported parts, by importing part. Tests may also use the test kit. */
const ARROWS: Record<string, string[]> = {
  'packages/policy': [],
  'packages/kong-config': ['policy', 'plugins'],
  'packages/telemetry': ['policy'],
  'packages/messaging': ['policy', 'telemetry'],
  plugins: ['policy', 'telemetry', 'messaging'],
  gateway: ['policy', 'plugins', 'kong-config', 'telemetry'],
  'auth-sidecar': ['policy', 'plugins', 'telemetry', 'messaging'],
  websocket: ['policy', 'telemetry', 'messaging'],
  'packages/testkit': ['kong-config', 'policy', 'telemetry', 'messaging'],
  'packages/devstack': ['kong-config', 'testkit', 'policy'],
  bench: ['testkit', 'kong-config'],
};
const partOf = (file: string): string | undefined => Object.keys(ARROWS).find((part) => file.startsWith(`${part}/`));

describe('tidy', () => {
  test('there are files to look at', () => expect(files.length).toBeGreaterThan(50));

  test(`no file is longer than ${FILE_LINES_MAX} lines`, () => {
    const long = files.map((file) => [file, read(file).split('\n').length - 1] as const).filter(([, lines]) => lines > FILE_LINES_MAX);
    expect(long).toEqual([]);
  });

  test(`no function is longer than ${FUNCTION_LINES_MAX} lines`, () => {
    const long = files.flatMap((file) =>
      functionsOf(read(file))
        .filter((f) => f.lines > FUNCTION_LINES_MAX)
        .map((f) => `${file}:${f.line} ${f.name} has ${f.lines} lines`),
    );
    expect(long).toEqual([]);
  });

  test('imports follow the arrows of the design', () => {
    const wrong = files.flatMap((file) => {
      const part = partOf(file);
      if (!part || isTest(file)) return [];
      const own = part.split('/').at(-1);
      return importsOf(read(file))
        .filter((name) => name.startsWith('@gatehouse/'))
        .map((name) => name.slice('@gatehouse/'.length).split('/')[0]!)
        .filter((name) => name !== own && !ARROWS[part]!.includes(name))
        .map((name) => `${file} imports ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  test('no import climbs into another part', () => {
    const climbing = files.filter((file) => {
      const part = partOf(file);
      if (!part || isTest(file)) return false;
      const depth = file.split('/').length - 1 - part.split('/').length;
      return importsOf(read(file)).some((name) => (/^(\.\.\/)*/.exec(name)?.[0].length ?? 0) / 3 >= depth && name.startsWith('../'));
    });
    expect(climbing).toEqual([]);
  });

  test("only a part's main.ts reads the environment or exits", () => {
    const reading = files.filter((file) => !isTest(file) && !file.endsWith('/main.ts') && /\bprocess\.(env|exit|argv)\b/.test(read(file)));
    expect(reading).toEqual([]);
  });

  test('policies meet only in the chain', () => {
    const meeting = files.filter((file) => {
      if (isTest(file) || !/^plugins\/src\/[^/]+\/policy\.ts$/.test(file)) return false;
      return importsOf(read(file)).some((name) => name !== '@gatehouse/policy' && !name.startsWith('./') && !name.startsWith('node:'));
    });
    expect(meeting).toEqual([]);
  });

  test('nothing is half done or switched off', () => {
    const marks = [
      ['TO', 'DO'],
      ['FIX', 'ME'],
      ['@ts-', 'ignore'],
      ['@ts-', 'expect-error'],
      ['biome-', 'ignore'],
    ];
    const words = marks.map((parts) => parts.join(''));
    const off = new RegExp(`\\b(?:test|it|describe)\\.(?:${['sk', 'ip'].join('')}|${['on', 'ly'].join('')}|${['to', 'do'].join('')})\\b`);
    const found = files.flatMap((file) => {
      const source = read(file);
      const marked = words.filter((word) => source.includes(word));
      return [...marked, ...(isTest(file) && off.test(source) ? ['a test that does not run'] : [])].map((what) => `${file}: ${what}`);
    });
    expect(found).toEqual([]);
  });
});

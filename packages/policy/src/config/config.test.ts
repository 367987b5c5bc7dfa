import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { policySchema, secretReference } from './common.js';
import { jsonSchema } from './json-schema.js';
import { kongFields } from './kong-schema.js';
import { parseConfig } from './parse.js';
import { fieldTable, TABLE_END, TABLE_START, withFieldTable } from './readme-table.js';

const schema = policySchema({
  mode: z.enum(['a', 'b']).default('a').describe('Which | way'),
  limit: z.int().min(1).max(100).describe('How many'),
  rules: z.array(z.strictObject({ path: z.string(), methods: z.array(z.string()).default([]) })).default([]),
  cookie: z.strictObject({ name: z.string().min(1).max(40).default('t'), on: z.boolean().default(false) }).prefault({}),
  key: secretReference().optional(),
  names: z.record(z.string(), z.string()).optional(),
  extra: z.strictObject({ on: z.boolean().default(true) }).optional(),
});
const json = jsonSchema(schema);
const parse = (raw: unknown) => parseConfig(schema, json, raw);

describe('parsing', () => {
  test('fills defaults in', () => {
    expect(parse({ limit: 3 }).config).toEqual({ limit: 3, mode: 'a', rules: [], cookie: { name: 't', on: false } });
  });

  test('takes what Kong makes of it: nulls for what is absent, {} for an empty list, [] for an empty record', () => {
    const raw = { limit: 3, mode: null, rules: {}, cookie: [], key: null, names: null, system: null, errors: null };
    expect(parse(raw)).toEqual({ config: parse({ limit: 3 }).config, faults: [] });
    expect(parse({ limit: 3, rules: [{ path: '/', methods: null }] }).config?.rules).toEqual([{ path: '/', methods: [] }]);
  });

  test('names every fault with its field', () => {
    const { faults } = parse({ limit: 0, rules: [{ path: 1, extra: true }, null], cookie: { nam: 'x' }, key: 's3cret', bogus: 1 });
    expect(faults.map((fault) => fault.path).sort()).toEqual([
      'bogus',
      'cookie.nam',
      'key',
      'limit',
      'rules[0].extra',
      'rules[0].path',
      'rules[1]',
    ]);
    expect(JSON.stringify(faults)).not.toContain('s3cret');
  });

  test.each([[undefined], [null], ['text'], [[1]]])('%p lacks what is required', (raw) => expect(parse(raw).config).toBeNull());
});

describe('Kong schema', () => {
  const fields = Object.assign({}, ...kongFields(json));

  test('has the types, bounds and defaults', () => {
    expect(fields).toMatchObject({
      mode: { type: 'string', one_of: ['a', 'b'], default: 'a', required: true, description: 'Which | way' },
      limit: { type: 'integer', between: [1, 100], required: true },
      rules: { type: 'array', default: [], elements: { type: 'record' } },
      cookie: { type: 'record', required: true },
      names: { type: 'map', keys: { type: 'string' }, values: { type: 'string' } },
      system: { type: 'string' },
    });
    expect(fields.key.required).toBeUndefined();
    expect(fields.extra.required).toBe(false);
    expect(fields.cookie.default).toBeUndefined();
    expect(fields.cookie.fields).toEqual([
      { name: { type: 'string', len_min: 1, len_max: 40, default: 't', required: true } },
      { on: { type: 'boolean', default: false, required: true } },
    ]);
  });

  test('a union can not be told to Kong', () => {
    const union = policySchema({ either: z.union([z.string(), z.int()]) });
    expect(() => jsonSchema(union)).toThrow(/either/);
  });
});

describe('README table', () => {
  test('has one row per field, nested ones too', () => {
    const table = fieldTable(json);
    expect(table).toContain('| `mode` | `a`, `b` | `"a"` | Which \\| way |');
    expect(table).toContain('| `limit` | integer 1–100 | **required** | How many |');
    expect(table).toContain('| `rules[].path` | string | **required** |  |');
    expect(table).toContain('| `cookie.on` | boolean | `false` |  |');
  });

  test('stands between its markers', () => {
    const readme = `# x\n${TABLE_START}\nold\n${TABLE_END}\nend`;
    const once = withFieldTable(readme, json);
    expect(once).not.toContain('old');
    expect(once.endsWith('\nend')).toBe(true);
    expect(withFieldTable(once, json)).toBe(once);
    expect(() => withFieldTable('# x', json)).toThrow(RangeError);
  });
});

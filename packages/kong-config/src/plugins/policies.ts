/** The schemas of our own policies: what they generate for Kong (`plugins/schemas/*.kong.json`), in this package's terms. */
import fs from 'node:fs';
import path from 'node:path';
import { protocolsHttp, record } from '../schema/typedefs.js';
import type { Field, Fields, PluginSchema } from '../schema/types.js';

/** Kong's schema language as JSON: a list of records with one key each. */
interface KongField {
  type: Exclude<Field['type'], 'foreign' | 'entity' | 'any'>;
  elements?: KongField;
  keys?: KongField;
  values?: KongField;
  fields?: Record<string, KongField>[];
  [rule: string]: unknown;
}

interface KongSchema {
  name: string;
  fields: Record<string, KongField>[];
}

function fieldsOf(list: readonly Record<string, KongField>[]): Fields {
  return Object.fromEntries(list.flatMap((entry) => Object.entries(entry)).map(([name, field]) => [name, fieldOf(field)]));
}

function fieldOf({ elements, keys, values, fields, description: _, ...rules }: KongField): Field {
  return {
    ...rules,
    ...(elements ? { elements: fieldOf(elements) } : {}),
    ...(keys ? { keys: fieldOf(keys) } : {}),
    ...(values ? { values: fieldOf(values) } : {}),
    ...(fields ? { fields: fieldsOf(fields) } : {}),
  } as Field;
}

/** No consumer is known when a route's policies run, so none can have a policy of its own. */
function schemaOf({ name, fields }: KongSchema): PluginSchema {
  return { name, protocols: protocolsHttp, no_consumer: true, config: record(fieldsOf(fields)) };
}

const DIRECTORY = path.resolve(import.meta.dirname, '../../../../plugins/schemas');

/** Every policy's schema, by what lies in the folder that the policies generate. */
export function policySchemas(directory = DIRECTORY): PluginSchema[] {
  if (!fs.existsSync(directory)) return [];
  return fs
    .readdirSync(directory)
    .filter((file) => file.endsWith('.kong.json'))
    .sort()
    .map((file) => schemaOf(JSON.parse(fs.readFileSync(path.join(directory, file), 'utf8')) as KongSchema));
}

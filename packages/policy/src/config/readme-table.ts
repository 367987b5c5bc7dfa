/** The table of a policy's fields in its README. */
import type { JsonSchema } from './json-schema.js';

export const TABLE_START = '<!-- fields: generated -->';
export const TABLE_END = '<!-- /fields -->';

function typeText(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.type === 'array') return `list of ${schema.items ? typeText(schema.items) : 'string'}`;
  if (schema.type === 'object') return schema.properties ? 'record' : 'map';
  const { minimum, maximum } = schema;
  if (minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) return `${schema.type} ${minimum}–${maximum}`;
  if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) return `${schema.type} ≥ ${minimum}`;
  return schema.type;
}

function defaultText(schema: JsonSchema, required: boolean): string {
  if (required) return '**required**';
  if (schema.default === undefined || (schema.type === 'object' && schema.properties)) return '';
  return `\`${JSON.stringify(schema.default)}\``;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function rows(schema: JsonSchema, prefix: string): string[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const path = prefix + name;
    const line = `| \`${path}\` | ${typeText(child)} | ${cell(defaultText(child, required.has(name)))} | ${cell(child.description ?? '')} |`;
    const inner = child.type === 'array' && child.items?.properties ? rows(child.items, `${path}[].`) : rows(child, `${path}.`);
    return [line, ...inner];
  });
}

/** The table with its markers. */
export function fieldTable(schema: JsonSchema): string {
  const head = ['| field | type | default | meaning |', '| --- | --- | --- | --- |'];
  return [TABLE_START, ...head, ...rows(schema, ''), TABLE_END].join('\n');
}

/**
 * A README with its table replaced.
 * @throws RangeError when the markers are missing
 */
export function withFieldTable(readme: string, schema: JsonSchema): string {
  const start = readme.indexOf(TABLE_START);
  const end = readme.indexOf(TABLE_END);
  if (start < 0 || end < start) throw new RangeError(`the README lacks ${TABLE_START} … ${TABLE_END}`);
  return readme.slice(0, start) + fieldTable(schema) + readme.slice(end + TABLE_END.length);
}

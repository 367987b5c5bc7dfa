/** Kong's own schema language (a list of one-key records, as kong-pdk wants it) from a policy's JSON Schema. */
import type { JsonSchema } from './json-schema.js';

/** A field's definition in Kong's terms. */
export interface KongField {
  type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'map' | 'record';
  description?: string;
  required?: boolean;
  default?: unknown;
  one_of?: readonly string[];
  between?: readonly [number, number];
  gt?: number;
  len_min?: number;
  len_max?: number;
  elements?: KongField;
  fields?: KongFields;
  keys?: KongField;
  values?: KongField;
}

/** One key each, in order. */
export type KongFields = Record<string, KongField>[];

/** Lua's numbers are doubles. */
const INTEGER_MAX = Number.MAX_SAFE_INTEGER;

function limits(schema: JsonSchema): Partial<KongField> {
  if (schema.exclusiveMinimum !== undefined) return { gt: schema.exclusiveMinimum };
  const { minimum, maximum } = schema;
  const bounded = (minimum !== undefined && minimum > -INTEGER_MAX) || (maximum !== undefined && maximum < INTEGER_MAX);
  return bounded ? { between: [minimum ?? -INTEGER_MAX, maximum ?? INTEGER_MAX] } : {};
}

function lengths(min: number | undefined, max: number | undefined): Partial<KongField> {
  return { ...(min === undefined ? {} : { len_min: min }), ...(max === undefined ? {} : { len_max: max }) };
}

function typed(schema: JsonSchema): KongField {
  switch (schema.type) {
    case 'string':
      return { type: 'string', ...(schema.enum ? { one_of: schema.enum } : {}), ...lengths(schema.minLength, schema.maxLength) };
    case 'integer':
    case 'number':
      return { type: schema.type, ...limits(schema) };
    case 'boolean':
      return { type: 'boolean' };
    case 'array':
      return {
        type: 'array',
        elements: schema.items ? field(schema.items) : { type: 'string' },
        ...lengths(schema.minItems, schema.maxItems),
      };
    case 'object':
      if (schema.properties === undefined) {
        return {
          type: 'map',
          keys: { type: 'string' },
          values: schema.additionalProperties ? field(schema.additionalProperties) : { type: 'string' },
        };
      }
      return { type: 'record', fields: kongFields(schema) };
  }
}

function field(schema: JsonSchema): KongField {
  const made = typed(schema);
  if (schema.description !== undefined) made.description = schema.description;
  // Kong builds a record's default from its fields' own; a record that is required and absent is made so.
  if (schema.default !== undefined && made.type !== 'record') made.default = schema.default;
  return made;
}

/**
 * The fields of an object. What zod refines beyond types and bounds (patterns, rules across fields) is checked when the
 * policy is created: Lua's patterns can't say it.
 */
export function kongFields(schema: JsonSchema): KongFields {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).map(([name, child]) => {
    const made = field(child);
    if (required.has(name) || child.default !== undefined) made.required = true;
    // Kong takes a record as required unless told otherwise, and fills it in.
    else if (made.type === 'record') made.required = false;
    return { [name]: made };
  });
}

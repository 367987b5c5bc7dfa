/** The part of JSON Schema that policies' schemas use, and how it comes from zod. */
import { z } from 'zod';

/** A node of a policy's JSON Schema. Unions don't occur: Kong's schemas have none. */
export interface JsonSchema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | JsonSchema;
}

const TYPES = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean']);

function check(node: unknown, path: string): asserts node is JsonSchema {
  const type = typeof node === 'object' && node !== null && 'type' in node ? node.type : undefined;
  if (typeof type !== 'string' || !TYPES.has(type)) throw new TypeError(`${path || 'schema'}: only plain types can be told to Kong`);
  const schema = node as JsonSchema;
  if (schema.items) check(schema.items, `${path}[]`);
  for (const [name, child] of Object.entries(schema.properties ?? {})) check(child, path === '' ? name : `${path}.${name}`);
  if (schema.additionalProperties) check(schema.additionalProperties, `${path}.*`);
}

/**
 * JSON Schema (2020-12) of what an operator may write.
 * @throws TypeError for a schema that Kong could not be told, such as a union
 */
export function jsonSchema(schema: z.ZodType): JsonSchema {
  const made: unknown = z.toJSONSchema(schema, { io: 'input' });
  check(made, '');
  return made;
}

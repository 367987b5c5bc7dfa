import { UNSUPPORTED_ENTITIES } from '../entities/index.js';
import type { RecordParts } from '../schema/node.js';
import type { ArrayField, EntitySchema, Field, Fields, RecordField } from '../schema/types.js';

/** An entity as a file may write it: its own fields, notes, and the entities nested in it. */
export interface EntityRecord {
  schema: EntitySchema;
  parts: RecordParts;
  /** Its foreign keys. */
  foreign: readonly { name: string; reference: string }[];
  /** Its fields whose values no other entity may have, beside the key. */
  uniques: readonly string[];
  /** The key, where no two entities share one. */
  key: string | null;
}

const NOTES: Fields = {
  _comment: { type: 'string' },
  _ignore: { type: 'array', elements: { type: 'any' } },
};

function listOf(entity: string, via: string | null): ArrayField {
  return { type: 'array', elements: { type: 'entity', entity, via } };
}

function refersTo(schema: EntitySchema, entity: string): string | undefined {
  return Object.entries(schema.fields).find(([, field]) => field.type === 'foreign' && field.reference === entity)?.[0];
}

function unsupported(): Record<string, Field> {
  const fields = [...UNSUPPORTED_ENTITIES].map(([name, reason]): [string, Field] => [
    name,
    { type: 'array', len_max: 0, err: `'${name}' can't be served: ${reason}`, elements: { type: 'any' } },
  ]);
  return Object.fromEntries(fields);
}

/** The shape of a whole file, derived from the schemas of the entities. */
export class EntityRecords {
  readonly root: RecordField;
  private readonly records = new Map<string, EntityRecord>();

  constructor(readonly schemas: ReadonlyMap<string, EntitySchema>) {
    for (const schema of schemas.values()) this.records.set(schema.name, this.recordOf(schema));
    const lists = [...schemas.keys()].map((name): [string, Field] => [name, listOf(name, null)]);
    this.root = {
      type: 'record',
      fields: {
        _format_version: { type: 'string', required: true, one_of: ['1.1', '2.1', '3.0'] },
        _transform: { type: 'boolean', default: true },
        ...NOTES,
        ...unsupported(),
        ...Object.fromEntries(lists),
      },
    };
  }

  /** The record of an entity that the schemas name. */
  get(entity: string): EntityRecord {
    return this.records.get(entity) as EntityRecord;
  }

  private recordOf(schema: EntitySchema): EntityRecord {
    const fields = Object.entries(schema.fields);
    const key = schema.endpoint_key;
    return {
      schema,
      parts: this.partsOf(schema),
      foreign: fields.flatMap(([name, field]) => (field.type === 'foreign' ? [{ name, reference: field.reference }] : [])),
      uniques: fields.filter(([name, field]) => field.unique === true && name !== key).map(([name]) => name),
      key: key !== undefined && schema.fields[key]?.unique === true ? key : null,
    };
  }

  private partsOf(schema: EntitySchema): RecordParts {
    const fields: Record<string, Field> = { ...schema.fields, ...NOTES };
    for (const child of this.schemas.values()) {
      const via = refersTo(child, schema.name);
      if (via !== undefined) fields[child.name] = listOf(child.name, via);
    }
    if (schema.ttl === true) fields['ttl'] = { type: 'any' };
    const parts: RecordParts = { fields };
    if (schema.entity_checks !== undefined) parts.entity_checks = schema.entity_checks;
    if (schema.shorthand_fields !== undefined) parts.shorthand_fields = schema.shorthand_fields;
    if (schema.subschemas !== undefined) parts.subschemas = schema.subschemas;
    return parts;
  }
}

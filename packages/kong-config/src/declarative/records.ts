import { UNSUPPORTED_ENTITIES } from '../entities/index.js';
import type { RecordParts } from '../schema/node.js';
import type { ArrayField, EntitySchema, Field, Fields, RecordField } from '../schema/types.js';

/** An entity as a file may write it: its own fields, notes, and the entities nested in it. */
export interface EntityRecord {
  schema: EntitySchema;
  parts: RecordParts;
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
    for (const schema of schemas.values()) this.records.set(schema.name, { schema, parts: this.partsOf(schema) });
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

import type { EntityCheck, Field, Fields, RecordField, Scalar, Shorthand, Subschema, Subschemas } from './types.js';
import { makeRules, type Rule } from './validators.js';

/** A field made ready for use: its rules compiled once, its inner fields looked up by name. */
export interface Node {
  readonly field: Field;
  readonly required: boolean;
  readonly rules: readonly Rule[];
  /** Stands in place of a missing value without any check; undefined when it isn't as simple as that. */
  readonly simpleDefault: Scalar | null | undefined;
  readonly elements?: Node;
  readonly keys?: Node;
  readonly values?: Node;
  readonly record?: RecordNode;
}

export interface RecordNode {
  readonly names: ReadonlyMap<string, Node>;
  readonly entries: readonly (readonly [string, Node])[];
  readonly checks: readonly EntityCheck[];
  readonly shorthands: readonly [string, Shorthand, Node][];
  readonly subschemas?: Subschemas;
}

const nodes = new WeakMap<Field, Node>();
const nestedNodes = new WeakMap<Field, Node>();
const records = new WeakMap<object, RecordNode>();

/** What makes up a record, whoever owns it: a field, an entity, a sub-schema. */
export interface RecordParts {
  fields: Fields;
  entity_checks?: readonly EntityCheck[];
  shorthand_fields?: Readonly<Record<string, Shorthand>>;
  subschemas?: Subschemas;
}

/**
 * The record made ready; kept for the life of the schema object.
 *
 * @param whole records directly inside are required unless they say otherwise (Kong's rule for entities and a plugin's config)
 */
export function recordNode(parts: RecordParts, whole: boolean): RecordNode {
  const known = records.get(parts);
  if (known !== undefined) return known;
  const entries = Object.entries(parts.fields).map(([name, field]) => [name, nodeOf(field, whole)] as const);
  const made: RecordNode = {
    entries,
    names: new Map(entries),
    checks: parts.entity_checks ?? [],
    shorthands: Object.entries(parts.shorthand_fields ?? {}).map(([name, short]) => [name, short, nodeOf(short.field, false)]),
    ...(parts.subschemas === undefined ? {} : { subschemas: parts.subschemas }),
  };
  records.set(parts, made);
  return made;
}

/** A sub-schema's fields and checks made ready. */
export function subschemaNode(subschema: Subschema): RecordNode {
  return recordNode(subschema, true);
}

function simpleDefault(field: Field, required: boolean): Scalar | null | undefined {
  if (field.type === 'foreign' || field.auto === true) return undefined;
  const value = field.default;
  if (value === undefined || value === null) return required || (field.eq !== undefined && field.eq !== null) ? undefined : null;
  return typeof value === 'object' ? undefined : (value as Scalar);
}

function isRequired(field: Field, whole: boolean): boolean {
  return field.required ?? (whole && field.type === 'record' && field.abstract !== true);
}

function makeNode(field: Field, whole: boolean): Node {
  const required = isRequired(field, whole);
  const base = { field, required, rules: makeRules(field), simpleDefault: simpleDefault(field, required) };
  switch (field.type) {
    case 'array':
    case 'set':
      return { ...base, elements: { ...nodeOf(field.elements, false), required: true } };
    case 'map':
      return { ...base, keys: nodeOf(field.keys, false), values: { ...nodeOf(field.values, false), required: true } };
    case 'record':
      return { ...base, record: recordNode(field as RecordField, whole) };
    default:
      return base;
  }
}

/** A field made ready; `whole` as for {@link recordNode}. */
export function nodeOf(field: Field, whole: boolean): Node {
  const cache = whole ? nestedNodes : nodes;
  const known = cache.get(field);
  if (known !== undefined) return known;
  const made = makeNode(field, whole);
  cache.set(field, made);
  return made;
}

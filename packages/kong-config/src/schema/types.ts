/**
 * The vocabulary in which entities and plugin configurations are described. It follows the meaning of Kong's own schema
 * language (https://docs.konghq.com/gateway/3.9.x/plugin-development/configuration/), with JavaScript regular expressions
 * in place of Lua patterns.
 */

export type Scalar = string | number | boolean;

/** Says what is wrong with a value, or null when nothing is. */
export type Verdict = string | null;

/** A plain object whose keys are known only at run time. */
export type Dict = Record<string, unknown>;

/** What every field may say about its values; tried in the order of `validators.ts`, the first failure counts. */
export interface Rules {
  /** Neither missing nor null. Records inside an entity are required unless they say `false`. */
  required?: boolean;
  default?: unknown;
  /** Filled by the loader when missing. */
  auto?: boolean;
  unique?: boolean;
  /** Replaces the message of any rule below. */
  err?: string;
  eq?: Scalar | null;
  ne?: Scalar;
  one_of?: readonly Scalar[];
  not_one_of?: readonly Scalar[];
  gt?: number;
  between?: readonly [number, number];
  timestamp?: boolean;
  uuid?: boolean;
  is_regex?: boolean;
  len_eq?: number;
  /** 1 for strings that don't say otherwise. */
  len_min?: number;
  len_max?: number;
  starts_with?: string;
  match?: RegExp;
  not_match?: RegExp;
  match_all?: readonly { pattern: RegExp; err: string }[];
  match_none?: readonly { pattern: RegExp; err: string }[];
  match_any?: { patterns: readonly RegExp[]; err: string };
  contains?: Scalar;
  mutually_exclusive_subsets?: readonly (readonly string[])[];
  custom_validator?: (value: never) => Verdict;
  /** A `{vault://…}` reference may stand in place of the value. */
  referenceable?: boolean;
  /** Named by a sub-schema only (a plugin's `config`). */
  abstract?: boolean;
  /** What to write instead, for fields that Kong is about to drop. */
  deprecated?: string;
}

export interface StringField extends Rules {
  type: 'string';
}
export interface NumberField extends Rules {
  type: 'number' | 'integer';
}
export interface BooleanField extends Rules {
  type: 'boolean';
}
/** A set is an array whose duplicates are dropped. */
export interface ArrayField extends Rules {
  type: 'array' | 'set';
  elements: Field;
}
export interface MapField extends Rules {
  type: 'map';
  keys: StringField;
  values: Field;
}
export interface RecordField extends Rules {
  type: 'record';
  fields: Fields;
  entity_checks?: readonly EntityCheck[];
  shorthand_fields?: Readonly<Record<string, Shorthand>>;
  subschemas?: Subschemas;
}
export interface ForeignField extends Rules {
  type: 'foreign';
  /** The entity referred to, such as `services`. */
  reference: string;
}
/** An entity nested in another one; `via` is its own field that refers to the outer one. */
export interface EntityField extends Rules {
  type: 'entity';
  entity: string;
  via: string | null;
}
export interface AnyField extends Rules {
  type: 'any';
}

export type Field = StringField | NumberField | BooleanField | ArrayField | MapField | RecordField | ForeignField | EntityField | AnyField;
export type Fields = Readonly<Record<string, Field>>;

/** Fields and checks that depend on the value of one field (a plugin's on its name, a route's on its protocols). */
export interface Subschema {
  fields: Fields;
  entity_checks?: readonly EntityCheck[];
}
export interface Subschemas {
  key: string;
  find(value: unknown): Subschema | undefined;
  /** The message when there is none. */
  unknown(name: string): string;
  /** What may have been meant instead. */
  hint?(name: string): string | undefined;
}

/** Another way to write one or more fields. */
export interface Shorthand {
  field: Field;
  /** The fields that it stands for. */
  expand(value: unknown): Dict | null;
  /** Set when the form is deprecated: the field's own value wins then, and the two must not differ. */
  replaced_with?: readonly string[];
  deprecated?: string;
}

/** Rules that look at more than one field; names may be dotted paths. */
export type EntityCheck =
  | {
      check: 'at_least_one_of' | 'only_one_of' | 'distinct' | 'mutually_required' | 'mutually_exclusive';
      fields: readonly string[];
    }
  | {
      check: 'conditional';
      if_field: string;
      if_match: Match;
      then_field: string;
      then_match: Match;
      then_err?: string;
    }
  | {
      check: 'conditional_at_least_one_of';
      if_field: string;
      if_match: Match;
      then_at_least_one_of: readonly string[];
      then_err?: string;
      else_match?: Match;
      else_then_at_least_one_of?: readonly string[];
      else_then_err?: string;
    }
  | { check: 'custom'; sources: readonly string[]; fn(entity: Dict): Verdict };

/** Rules laid over those of the field that a check names. */
export type Match = Rules & { elements?: Field };

/** The schema of one kind of entity. */
export interface EntitySchema {
  name: string;
  fields: Fields;
  /** The field by which others refer to it; unique where the field says so. */
  endpoint_key?: string;
  /** The fields that make up its identity, where `endpoint_key` alone does not. */
  cache_key?: readonly string[];
  ttl?: boolean;
  entity_checks?: readonly EntityCheck[];
  shorthand_fields?: Readonly<Record<string, Shorthand>>;
  subschemas?: Subschemas;
  /** Fields that must be set together once `_transform` derives one from the others (a password needs its consumer). */
  derived?: { input: readonly string[]; needs: readonly string[] };
}

/** The schema of one plugin: its `config`, and what it narrows of the plugin entity's own fields. */
export interface PluginSchema {
  name: string;
  config: RecordField;
  protocols?: ArrayField;
  /** The plugin can't be scoped to a consumer. */
  no_consumer?: boolean;
  no_route?: boolean;
  no_service?: boolean;
  entity_checks?: readonly EntityCheck[];
}

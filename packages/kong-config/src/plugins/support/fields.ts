import type { ArrayField, BooleanField, Fields, MapField, NumberField, Rules, Scalar, StringField } from '../../schema/types.js';

/** A switch that is always there. */
export function flag(value: boolean): BooleanField {
  return { type: 'boolean', required: true, default: value };
}

/** A switch that may also be null. */
export function looseFlag(value: boolean): BooleanField {
  return { type: 'boolean', default: value };
}

export function text(rules: Rules = {}): StringField {
  return { type: 'string', ...rules };
}

/** One of a few words; the first one by default. */
export function choice(options: readonly [Scalar, ...Scalar[]], rules: Rules = {}): StringField {
  return { type: 'string', default: options[0], one_of: options, ...rules };
}

export function number(rules: Rules = {}): NumberField {
  return { type: 'number', ...rules };
}

export function integer(rules: Rules = {}): NumberField {
  return { type: 'integer', ...rules };
}

/** A list of texts that may be null. */
export function texts(rules: Rules = {}, elements: Rules = {}): ArrayField {
  return { type: 'array', elements: { type: 'string', ...elements }, ...rules };
}

/** A set of texts that may be null. */
export function textSet(rules: Rules = {}, elements: Rules = {}): ArrayField {
  return { ...texts(rules, elements), type: 'set' };
}

/** Lua chunks by the name of a log field: kept as they are, since only Kong can run them. */
export const luaCode: MapField = { type: 'map', keys: { type: 'string' }, values: { type: 'string' } };

/** How a plugin treats callers whom nobody knows. */
export const anonymous: Fields = { anonymous: text() };

/** Fields that every authentication plugin has. */
export const realm: Fields = { realm: text() };

/** The largest request body that the AI plugins read, in bytes. */
export const maxBody: Fields = { max_request_body_size: integer({ default: 8192, gt: 0 }) };

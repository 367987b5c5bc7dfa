/** Lua's values and conversions, as far as an expression in a template meets them. Strings are bytes. */

import { formatGeneral, parseNumber } from '../../lib/lua-number.js';

/** Something that only happens while a template is rendered: Kong answers 500 then, and so does this plane. */
export class LuaError extends Error {
  readonly code = 'LUA_RUNTIME';
}

/** Text that is no Lua. */
export class LuaSyntaxError extends Error {
  readonly code = 'LUA_SYNTAX';
}

/** Lua that is not evaluated here. */
export class LuaUnsupported extends Error {
  readonly code = 'LUA_UNSUPPORTED';
}

/** A function returns a list of values, as Lua's do. */
export type LuaFunction = (args: readonly Value[]) => readonly Value[];
export type Value = undefined | boolean | number | string | LuaTable | LuaFunction;

/** Longest string that an expression may make, in bytes. */
export const STRING_MAX = 1 << 20;

/** A table that is read; only a table constructor writes one. */
export class LuaTable {
  constructor(private readonly entries: Map<Value, Value> = new Map()) {}

  /** 1, 2, 3 … */
  static list(values: readonly Value[]): LuaTable {
    return new LuaTable(new Map(values.map((value, i) => [i + 1, value])));
  }

  get(key: Value): Value {
    return this.entries.get(key);
  }

  set(key: Value, value: Value): void {
    if (key === undefined || Number.isNaN(key)) throw new LuaError('table index is nil or NaN');
    this.entries.set(key, value);
  }

  /** The border that `#` gives. */
  get length(): number {
    let n = 0;
    while (this.get(n + 1) !== undefined) n++;
    return n;
  }
}

/** Everything but nil and false. */
export function truthy(value: Value): boolean {
  return value !== undefined && value !== false;
}

export function typeName(value: Value): string {
  if (value === undefined) return 'nil';
  if (value instanceof LuaTable) return 'table';
  return typeof value;
}

/** As Lua's tostring; tables and functions have no address here. */
export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : formatGeneral(value);
  if (value === undefined) return 'nil';
  return typeof value === 'boolean' ? String(value) : `${typeName(value)}: 0x00000000`;
}

/** Numbers, and strings that look like one. @throws LuaError */
export function toNumber(value: Value, doing: string): number {
  if (typeof value === 'number') return value;
  const parsed = typeof value === 'string' ? parseNumber(value) : undefined;
  if (parsed === undefined) throw new LuaError(`attempt to ${doing} a ${typeName(value)} value`);
  return parsed;
}

/** A string within the bound. @throws LuaError */
export function bounded(text: string): string {
  if (text.length > STRING_MAX) throw new LuaError('string too long');
  return text;
}

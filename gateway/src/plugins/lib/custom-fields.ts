/**
 * custom_fields_by_lua of the log plugins. Lua code is not run here; what only returns a constant, above all `return nil` to
 * leave a field out, works all the same.
 */
import { compileExpression } from '../request-transformer/lua/parser.js';
import { LuaSyntaxError, LuaTable, LuaUnsupported, type Value } from '../request-transformer/lua/values.js';
import { fromBytes, toBytes } from './bytes.js';
import { ConfigError } from './config-error.js';
import type { LogEntry } from './log-entry.js';

export interface CustomField {
  /** Members from the entry down. */
  readonly path: readonly string[];
  /** Undefined leaves the member out. */
  readonly value: string | number | boolean | undefined;
}

const RETURN = /^\s*return\b([^;]*);?\s*$/s;

function constant(code: string, field: string): CustomField['value'] {
  const source = RETURN.exec(code)?.[1];
  if (source === undefined) throw new ConfigError(field, 'only "return" with a constant works without Lua');
  try {
    const expression = compileExpression(source.trim() === '' ? 'nil' : toBytes(source));
    if (expression.globals.size > 0) throw new LuaUnsupported('a name');
    return plain(expression.evaluate({ get: () => undefined }), field);
  } catch (error) {
    if (error instanceof LuaSyntaxError || error instanceof LuaUnsupported) {
      throw new ConfigError(field, `only "return" with a constant works without Lua (${error.message})`);
    }
    throw error;
  }
}

function plain(value: Value, field: string): CustomField['value'] {
  if (value instanceof LuaTable || typeof value === 'function') throw new ConfigError(field, 'must return a text, number, boolean or nil');
  return typeof value === 'string' ? fromBytes(value) : value;
}

/** Compiles the configured fields. @throws ConfigError for code that has to run */
export function customFields(config: Readonly<Record<string, string>> | null | undefined): CustomField[] {
  return Object.entries(config ?? {}).map(([name, code]) => ({
    path: name.split('.'),
    value: constant(code, `config.custom_fields_by_lua.${name}`),
  }));
}

const isRecord = (value: unknown): value is LogEntry => typeof value === 'object' && value !== null && !Array.isArray(value);

function setField(entry: LogEntry, { path, value }: CustomField): void {
  let node = entry;
  for (const name of path.slice(0, -1)) {
    const inner = Object.hasOwn(node, name) ? node[name] : undefined;
    if (inner !== undefined && !isRecord(inner)) return;
    // A copy, because routes and consumers are shared with the configuration.
    const own: LogEntry = Object.assign(Object.create(null), inner);
    node[name] = own;
    node = own;
  }
  const last = path.at(-1)!;
  if (value === undefined) delete node[last];
  else node[last] = value;
}

/** Puts the fields on an entry. */
export function applyCustomFields(entry: LogEntry, fields: readonly CustomField[]): void {
  for (const field of fields) setField(entry, field);
}

import { isDeepStrictEqual } from 'node:util';
import type { Context } from './context.js';
import { complete } from './interpret.js';
import type { Node, RecordNode } from './node.js';
import type { Dict, Shorthand } from './types.js';

function isPlain(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of names, undefined where the path ends early. */
function valueAt(data: unknown, path: readonly string[]): unknown {
  let value = data;
  for (const name of path) {
    if (!isPlain(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** A deprecated form must not say something else than the field that replaced it. */
function mismatch(data: Dict, name: string, value: unknown, short: Shorthand): string | null {
  if (short.replaced_with === undefined || !isSet(value)) return null;
  const current = valueAt(data, short.replaced_with);
  if (!isSet(current) || isDeepStrictEqual(current, value)) return null;
  const field = short.replaced_with.join('.');
  return `both deprecated and new field are used but their values mismatch: ${name} = ${String(value)} vs ${field} = ${String(current)}`;
}

function mergeInto(target: unknown, values: Dict, keepTarget: boolean): Dict {
  const merged: Dict = isPlain(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(values)) {
    if (isPlain(value)) merged[key] = mergeInto(merged[key], value, keepTarget);
    else if (!keepTarget || !isSet(merged[key])) merged[key] = value;
  }
  return merged;
}

function isDeprecated(short: Shorthand): boolean {
  return short.deprecated !== undefined || short.replaced_with !== undefined;
}

function expandOne(data: Dict, name: string, short: Shorthand, node: Node, context: Context): Dict {
  const value = data[name];
  if (value === undefined) return data;
  context.path.push(name);
  const before = context.count;
  complete(node, value, context);
  const message = context.count === before ? mismatch(data, name, value, short) : null;
  if (message !== null) context.fault(message);
  context.path.pop();
  const { [name]: _, ...rest } = data;
  if (context.count !== before) return rest;
  const values = short.expand(value);
  return values === null ? rest : mergeInto(rest, values, isDeprecated(short));
}

/**
 * Replaces every shorthand of a record by the fields that it stands for. A plain shorthand wins over the field; a deprecated
 * one gives way to it.
 */
export function expandShorthands(record: RecordNode, data: Dict, context: Context): Dict {
  let expanded = data;
  for (const [name, short, node] of record.shorthands) expanded = expandOne(expanded, name, short, node, context);
  return expanded;
}

import { type PreparedChecks, prepareChecks, runChecks } from './checks.js';
import type { Context } from './context.js';
import { MESSAGES } from './messages.js';
import { type Node, type RecordNode, subschemaNode } from './node.js';
import { expandShorthands } from './shorthand.js';
import type { Dict } from './types.js';

/** Copies a default, so that no two entities share one. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyOf(inner)]));
}

/** What stands in place of a missing value; undefined when nothing may. */
function defaultOf(node: Node): unknown {
  const { field } = node;
  if (field.default !== undefined) return copyOf(field.default);
  if (!node.required) return null;
  return field.type === 'record' && field.abstract !== true ? {} : undefined;
}

/** Whether the text is a reference to a secret kept elsewhere, such as `{vault://env/name}`. */
export function isReference(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('{vault://') && value.endsWith('}');
}

/** An empty list and an empty map look alike to Kong. */
function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && (!Array.isArray(value) || value.length === 0);
}

function isList(value: unknown): boolean {
  return Array.isArray(value) || (isDict(value) && Object.keys(value).length === 0);
}

function hasType(node: Node, value: unknown): boolean {
  const { type } = node.field;
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
    case 'set':
      return isList(value);
    case 'map':
    case 'record':
    case 'entity':
      return isDict(value);
    case 'any':
    case 'foreign':
      return true;
    default:
      return typeof value === type;
  }
}

function typeMessage(node: Node): string {
  const { type } = node.field;
  if (type === 'entity') return MESSAGES.record;
  return type === 'any' || type === 'foreign' ? MESSAGES.unknown : MESSAGES[type];
}

function report(node: Node, value: unknown, message: string, context: Context): void {
  context.fault(message, context.wantsHints ? context.hooks.hint?.(message, value, node) : undefined);
}

function completeNull(node: Node, context: Context): null {
  const { field } = node;
  if (field.eq !== undefined && field.eq !== null) context.fault(`value must be ${field.eq}`);
  else if (node.required) context.fault(MESSAGES.required);
  return null;
}

function completeList(node: Node, value: unknown, context: Context): unknown {
  const elements = node.elements as Node;
  const given = Array.isArray(value) ? value : [];
  const items = node.field.type === 'set' ? [...new Set(given)] : given;
  const depth = context.path.length;
  const completed: unknown[] = [];
  for (let i = 0; i < items.length; i += 1) {
    context.path[depth] = i;
    completed.push(complete(elements, items[i], context));
  }
  context.path.length = depth;
  return completed;
}

function completeMap(node: Node, value: Dict, context: Context): unknown {
  const completed: Dict = Object.create(null) as Dict;
  const depth = context.path.length;
  for (const key of Object.keys(value)) {
    context.path[depth] = key;
    complete(node.keys as Node, key, context);
    completed[key] = complete(node.values as Node, value[key], context);
  }
  context.path.length = depth;
  return completed;
}

/** A value as the message about an unknown sub-schema names it; what is no scalar has no name. */
function nameIn(value: unknown): string {
  const named = (Array.isArray(value) ? value[0] : value) ?? 'nil';
  return typeof named === 'object' ? 'nil' : String(named);
}

function subschemaFor(record: RecordNode, data: Dict, context: Context): RecordNode | null | undefined {
  const { subschemas } = record;
  if (subschemas === undefined) return null;
  const value = data[subschemas.key];
  if (value === undefined || value === null) {
    context.fault(MESSAGES.required, undefined, [subschemas.key]);
    return undefined;
  }
  const found = subschemas.find(value);
  if (found !== undefined) return subschemaNode(found);
  const name = nameIn(value);
  context.fault(subschemas.unknown(name), context.wantsHints ? subschemas.hint?.(name) : undefined, [subschemas.key]);
  return undefined;
}

/** The field that picks the sub-schema is filled first. */
function fillSubschemaKey(record: RecordNode, data: Dict): Dict {
  const key = record.subschemas?.key;
  const node = key === undefined ? undefined : record.names.get(key);
  if (key === undefined || node === undefined || data[key] !== undefined) return data;
  const value = defaultOf(node);
  return value === undefined ? data : { ...data, [key]: value };
}

function completeField(name: string, node: Node, value: unknown, context: Context): unknown {
  if (node.field.type === 'foreign') return context.hooks.foreign(name, node, value, context);
  if (value === undefined && node.field.auto === true) return context.hooks.auto(name, node, context);
  return complete(node, value, context);
}

function reportUnknown(data: Dict, record: RecordNode, sub: RecordNode | null, context: Context): void {
  for (const name of Object.keys(data)) {
    if (record.names.has(name) || sub?.names.has(name) || name === 'updated_at') continue;
    const hint = context.wantsHints ? context.hooks.unknownField?.(name, record.names.keys(), context) : undefined;
    context.fault(MESSAGES.unknown, hint, [name]);
  }
}

const NOTHING: ReadonlySet<string> = new Set();

/** What a record and its sub-schema come to together. */
interface Plan {
  entries: RecordNode['entries'];
  checks: PreparedChecks;
}

const plans = new WeakMap<RecordNode, Map<RecordNode | null, Plan>>();

function planFor(record: RecordNode, sub: RecordNode | null): Plan {
  let bySub = plans.get(record);
  if (bySub === undefined) {
    bySub = new Map();
    plans.set(record, bySub);
  }
  let plan = bySub.get(sub);
  if (plan === undefined) {
    const entries = record.entries.map(([name, node]) => [name, sub?.names.get(name) ?? node] as const);
    plan = { entries, checks: prepareChecks(record, sub) };
    bySub.set(sub, plan);
  }
  return plan;
}

/** Completes every field; returns the names of those with faults. */
function completeFields(entries: RecordNode['entries'], data: Dict, completed: Dict, context: Context): ReadonlySet<string> {
  let faulty: Set<string> | null = null;
  const depth = context.path.length;
  for (const [name, node] of entries) {
    const value = data[name];
    if (value === undefined && node.simpleDefault !== undefined) {
      completed[name] = node.simpleDefault;
      continue;
    }
    const before = context.count;
    context.path[depth] = name;
    completed[name] = completeField(name, node, value, context);
    context.path.length = depth;
    if (context.count !== before) faulty = (faulty ?? new Set<string>()).add(name);
  }
  return faulty ?? NOTHING;
}

/**
 * Completes a record: expands shorthands, fills in defaults, checks every field, then what concerns several of them.
 *
 * @returns the record's fields, as far as they could be made sense of
 */
export function completeRecord(record: RecordNode, value: Dict, context: Context): Dict {
  const data = fillSubschemaKey(record, expandShorthands(record, value, context));
  const sub = subschemaFor(record, data, context);
  if (sub === undefined) return data;
  const completed: Dict = {};
  const plan = planFor(record, sub);
  const faulty = completeFields(plan.entries, data, completed, context);
  reportUnknown(data, record, sub, context);
  runChecks(plan.checks, completed, faulty, context);
  return completed;
}

function completeTyped(node: Node, value: unknown, context: Context): unknown {
  switch (node.field.type) {
    case 'array':
    case 'set':
      return completeList(node, value, context);
    case 'map':
      return completeMap(node, value as Dict, context);
    case 'record':
      return completeRecord(node.record as RecordNode, value as Dict, context);
    case 'entity':
      return context.hooks.entity(node, value as Dict, context);
    default:
      return value;
  }
}

/** `false` in place of a record counts as left out, as in Kong. */
function isLeftOut({ field }: Node, value: unknown): boolean {
  return value === undefined || (value === false && field.type === 'record' && field.abstract !== true);
}

/**
 * Checks a value against a field and fills in what it leaves out.
 *
 * @param value undefined when missing
 * @returns the value with all defaults; faults go to the context
 */
export function complete(node: Node, value: unknown, context: Context): unknown {
  const given = isLeftOut(node, value) ? defaultOf(node) : value;
  if (given === undefined) {
    context.fault(MESSAGES.required);
    return undefined;
  }
  if (given === null) return completeNull(node, context);
  const { field } = node;
  if (field.eq === null) {
    report(node, given, field.err ?? MESSAGES.null, context);
    return given;
  }
  if (!hasType(node, given)) {
    report(node, given, typeMessage(node), context);
    return given;
  }
  if (field.referenceable === true && isReference(given)) return context.hooks.reference(given, context);
  const before = context.count;
  const completed = completeTyped(node, given, context);
  if (context.count === before) applyRules(node, completed, context);
  return completed;
}

function applyRules(node: Node, value: unknown, context: Context): void {
  for (const rule of node.rules) {
    const message = rule(value);
    if (message === null) continue;
    report(node, value, node.field.err ?? message, context);
    return;
  }
}

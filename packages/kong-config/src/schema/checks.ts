import { Context, type Hooks } from './context.js';
import { complete, isReference } from './interpret.js';
import { MESSAGES, quotedList } from './messages.js';
import { type Node, nodeOf, type RecordNode } from './node.js';
import type { Dict, EntityCheck, Field, Match } from './types.js';

type Conditional = Extract<EntityCheck, { check: 'conditional' }>;
type ConditionalAtLeast = Extract<EntityCheck, { check: 'conditional_at_least_one_of' }>;
type OfFields = Extract<EntityCheck, { fields: readonly string[] }>;

/** A check made ready for one record. */
interface Prepared {
  /** Fields whose faults make the check pointless. */
  readonly needsValid: readonly string[];
  /** Fields in whose place a reference may stand, about which nothing can be said. */
  readonly referenceable: readonly (readonly string[])[];
  run(data: Dict, context: Context): void;
}

/** Undefined where the path ends early or meets a null. */
function get(data: unknown, path: readonly string[]): unknown {
  let value: unknown = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Dict)[part];
  }
  return value;
}

function isNonEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** Where fields are looked up: a record, and the sub-schema whose fields take the place of its own. */
class Scope {
  constructor(
    private readonly record: RecordNode,
    private readonly sub: RecordNode | null,
  ) {}

  nodeAt(path: readonly string[]): Node | undefined {
    const [first = '', ...rest] = path;
    let node = this.sub?.names.get(first) ?? this.record.names.get(first);
    for (const part of rest) node = node?.record?.names.get(part);
    return node;
  }
}

const PROBE: Hooks = {
  entity: (_node, value) => value,
  foreign: (_name, _node, value) => value,
  auto: () => null,
  reference: (text) => text,
};
const scratch = new Context(PROBE);
let scratchInUse = false;

/** The rules of a check laid over those of the field that it looks at. */
function overlaid(match: Match, node: Node): Node {
  return nodeOf({ ...node.field, ...match } as Field, false);
}

function completeWith(context: Context, node: Node, value: unknown): readonly string[] {
  context.faults.length = 0;
  context.count = 0;
  complete(node, value, context);
  return context.faults.map(({ message }) => message);
}

/** The messages for a value under a check's rules. */
function probe(node: Node, value: unknown): readonly string[] {
  if (node.field.type === 'foreign') return value !== null && node.field.eq === null ? [node.field.err ?? MESSAGES.null] : [];
  // A value may hold records with checks of their own, which must not share the context.
  if (scratchInUse) return completeWith(new Context(PROBE), node, value);
  scratchInUse = true;
  try {
    return completeWith(scratch, node, value);
  } finally {
    scratchInUse = false;
  }
}

function prepareConditional(check: Conditional, scope: Scope): Prepared['run'] {
  const [ifPath, thenPath] = [check.if_field.split('.'), check.then_field.split('.')];
  const [ifNode, thenNode] = [scope.nodeAt(ifPath), scope.nodeAt(thenPath)];
  if (ifNode === undefined || thenNode === undefined) return () => undefined;
  const [condition, consequence] = [overlaid(check.if_match, ifNode), overlaid(check.then_match, thenNode)];
  const failed = `failed conditional validation given value of field '${check.if_field}'`;
  return (data, context) => {
    const value = get(data, ifPath);
    if (value === undefined || probe(condition, value).length > 0) return;
    const then = get(data, thenPath) ?? null;
    const isMissing = check.then_match.required === true && then === null;
    const messages = isMissing ? [MESSAGES.required] : probe(consequence, then);
    if (messages.length === 0) return;
    for (const message of messages) context.fault(message, undefined, thenPath);
    context.fault(isMissing ? failed : (check.then_err ?? failed));
  };
}

function needOne(names: readonly string[], words: string | undefined): Prepared['run'] {
  const paths = names.map((name) => name.split('.'));
  const message = (words ?? 'at least one of these fields must be non-empty: %s').replace('%s', quotedList(names));
  return (data, context) => {
    if (!paths.some((path) => isNonEmpty(get(data, path)))) context.fault(message);
  };
}

function prepareConditionalAtLeast(check: ConditionalAtLeast, scope: Scope): Prepared['run'] {
  const ifPath = check.if_field.split('.');
  const node = scope.nodeAt(ifPath);
  if (node === undefined) return () => undefined;
  const condition = overlaid(check.if_match, node);
  const otherwise = check.else_match === undefined ? null : overlaid(check.else_match, node);
  const then = needOne(check.then_at_least_one_of, check.then_err);
  const elseThen = needOne(check.else_then_at_least_one_of ?? [], check.else_then_err);
  return (data, context) => {
    const value = get(data, ifPath);
    if (value === undefined) return;
    if (probe(condition, value).length === 0) then(data, context);
    else if (otherwise !== null && probe(otherwise, value).length === 0) elseThen(data, context);
  };
}

function hasTwins(values: unknown[]): boolean {
  const given = values.filter(isNonEmpty);
  return new Set(given).size !== given.length;
}

function fieldsFault(check: OfFields, values: unknown[], list: string): string | null {
  const set = values.filter(isNonEmpty).length;
  switch (check.check) {
    case 'at_least_one_of':
      return set > 0 ? null : `at least one of these fields must be non-empty: ${list}`;
    case 'only_one_of':
      return set === 1 ? null : `exactly one of these fields must be non-empty: ${list}`;
    case 'distinct':
      return hasTwins(values) ? `values of these fields must be distinct: ${list}` : null;
    case 'mutually_required':
      return set === 0 || set === values.length ? null : `all or none of these fields must be set: ${list}`;
    case 'mutually_exclusive':
      return set <= 1 ? null : `only one or none of these fields must be set: ${list}`;
  }
}

function prepareOfFields(check: OfFields): Prepared['run'] {
  const paths = check.fields.map((name) => name.split('.'));
  const list = quotedList(check.fields);
  return (data, context) => {
    const values = paths.map((path) => get(data, path));
    const message = fieldsFault(check, values, list);
    if (message !== null) context.fault(message);
  };
}

function prepareRun(check: EntityCheck, scope: Scope): Prepared['run'] {
  switch (check.check) {
    case 'conditional':
      return prepareConditional(check, scope);
    case 'conditional_at_least_one_of':
      return prepareConditionalAtLeast(check, scope);
    case 'custom':
      return (data, context) => {
        const message = check.fn(data);
        if (message !== null) context.fault(message);
      };
    default:
      return prepareOfFields(check);
  }
}

function fieldsOf(check: EntityCheck): readonly string[] {
  switch (check.check) {
    case 'conditional':
      return [check.if_field, check.then_field];
    case 'conditional_at_least_one_of':
      return [check.if_field];
    case 'custom':
      return check.sources;
    default:
      return check.fields;
  }
}

/** Kong leaves these alone when one of their fields is faulty already. */
const NEEDS_VALID: ReadonlySet<EntityCheck['check']> = new Set(['mutually_required', 'mutually_exclusive', 'custom']);

function prepare(check: EntityCheck, scope: Scope): Prepared {
  const paths = fieldsOf(check).map((name) => name.split('.'));
  return {
    needsValid: NEEDS_VALID.has(check.check) ? paths.map(([top = '']) => top) : [],
    referenceable: paths.filter((path) => scope.nodeAt(path)?.field.referenceable === true),
    run: prepareRun(check, scope),
  };
}

/** Checks of a record or its sub-schema that concern several fields, made ready. */
export type PreparedChecks = readonly Prepared[];

/** Makes the checks of a record ready, and those of the sub-schema that applies to it. */
export function prepareChecks(record: RecordNode, sub: RecordNode | null): PreparedChecks {
  const scope = new Scope(record, sub);
  return [...record.checks, ...(sub?.checks ?? [])].map((check) => prepare(check, scope));
}

/** Runs prepared checks; `faulty` names the fields with faults of their own. */
export function runChecks(checks: PreparedChecks, data: Dict, faulty: ReadonlySet<string>, context: Context): void {
  for (const check of checks) {
    if (faulty.size > 0 && check.needsValid.some((name) => faulty.has(name))) continue;
    if (check.referenceable.length > 0 && check.referenceable.some((path) => isReference(get(data, path)))) continue;
    check.run(data, context);
  }
}

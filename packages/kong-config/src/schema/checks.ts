import { Context, type Hooks } from './context.js';
import { complete, isReference } from './interpret.js';
import { MESSAGES, quotedList } from './messages.js';
import { type Node, nodeOf, type RecordNode } from './node.js';
import type { Dict, EntityCheck, Field, Match } from './types.js';

type Conditional = Extract<EntityCheck, { check: 'conditional' }>;
type ConditionalAtLeast = Extract<EntityCheck, { check: 'conditional_at_least_one_of' }>;
type OfFields = Extract<EntityCheck, { fields: readonly string[] }>;

/** One run over one entity. */
interface Run {
  data: Dict;
  faulty: ReadonlySet<string>;
  record: RecordNode;
  sub: RecordNode | null;
  context: Context;
}

/** Undefined where the path ends early or meets a null. */
function get(data: unknown, name: string): unknown {
  let value: unknown = data;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Dict)[part];
  }
  return value;
}

function isNonEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function nodeAt(run: Run, name: string): Node | undefined {
  const [first = '', ...rest] = name.split('.');
  let node = run.sub?.names.get(first) ?? run.record.names.get(first);
  for (const part of rest) node = node?.record?.names.get(part);
  return node;
}

const MATCHED = new WeakMap<Match, WeakMap<Field, Node>>();

/** The rules of a check laid over those of the field that it looks at. */
function overlaid(match: Match, field: Field): Node {
  let perField = MATCHED.get(match);
  if (perField === undefined) {
    perField = new WeakMap();
    MATCHED.set(match, perField);
  }
  let node = perField.get(field);
  if (node === undefined) {
    node = nodeOf({ ...field, ...match } as Field, false);
    perField.set(field, node);
  }
  return node;
}

const PROBE: Hooks = {
  entity: (_node, value) => value,
  foreign: (_name, _node, value) => value,
  auto: () => null,
  reference: (text) => text,
};

/** The faults of a value under a check's rules; null stands for a missing value. */
function probe(match: Match, field: Field, value: unknown): Context {
  const context = new Context(PROBE);
  const node = overlaid(match, field);
  if (field.type === 'foreign') {
    if (value !== null && node.field.eq === null) context.fault(node.field.err ?? MESSAGES.null);
  } else complete(node, value ?? null, context);
  return context;
}

function matches(match: Match, field: Field, value: unknown): boolean {
  return value !== undefined && probe(match, field, value).count === 0;
}

function runConditional(check: Conditional, run: Run): void {
  const ifNode = nodeAt(run, check.if_field);
  const thenNode = nodeAt(run, check.then_field);
  if (ifNode === undefined || thenNode === undefined) return;
  if (!matches(check.if_match, ifNode.field, get(run.data, check.if_field))) return;
  const value = get(run.data, check.then_field) ?? null;
  const path = check.then_field.split('.');
  const failed = `failed conditional validation given value of field '${check.if_field}'`;
  if (check.then_match.required === true && value === null) {
    run.context.fault(MESSAGES.required, undefined, path);
    run.context.fault(failed);
    return;
  }
  const found = probe(check.then_match, thenNode.field, value);
  if (found.count === 0) return;
  for (const fault of found.faults) run.context.fault(fault.message, undefined, path);
  run.context.fault(check.then_err ?? failed);
}

function runConditionalAtLeast(check: ConditionalAtLeast, run: Run): void {
  const node = nodeAt(run, check.if_field);
  const value = get(run.data, check.if_field);
  if (node === undefined || value === undefined) return;
  const met = matches(check.if_match, node.field, value);
  if (!met && (check.else_match === undefined || !matches(check.else_match, node.field, value))) return;
  const names = (met ? check.then_at_least_one_of : check.else_then_at_least_one_of) ?? [];
  if (names.some((name) => isNonEmpty(get(run.data, name)))) return;
  const words = met ? check.then_err : check.else_then_err;
  run.context.fault((words ?? 'at least one of these fields must be non-empty: %s').replace('%s', quotedList(names)));
}

function hasTwins(values: unknown[]): boolean {
  const given = values.filter(isNonEmpty);
  return new Set(given).size !== given.length;
}

function ofFieldsFault(check: OfFields, run: Run): string | null {
  const values = check.fields.map((name) => get(run.data, name));
  const set = values.filter(isNonEmpty).length;
  const list = quotedList(check.fields);
  switch (check.check) {
    case 'at_least_one_of':
      return set > 0 ? null : `at least one of these fields must be non-empty: ${list}`;
    case 'only_one_of':
      return set === 1 ? null : `exactly one of these fields must be non-empty: ${list}`;
    case 'distinct':
      return hasTwins(values) ? `values of these fields must be distinct: ${list}` : null;
    case 'mutually_required':
      return set === 0 || set === check.fields.length ? null : `all or none of these fields must be set: ${list}`;
    case 'mutually_exclusive':
      return set <= 1 ? null : `only one or none of these fields must be set: ${list}`;
  }
}

/** Kong leaves these two alone when one of their fields is faulty already. */
const NEEDS_VALID = new Set(['mutually_required', 'mutually_exclusive', 'custom']);

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

function isSkipped(check: EntityCheck, run: Run): boolean {
  const names = fieldsOf(check);
  if (NEEDS_VALID.has(check.check) && names.some((name) => run.faulty.has(name.split('.')[0] as string))) return true;
  return names.some((name) => nodeAt(run, name)?.field.referenceable === true && isReference(get(run.data, name)));
}

function runCheck(check: EntityCheck, run: Run): void {
  switch (check.check) {
    case 'conditional':
      runConditional(check, run);
      break;
    case 'conditional_at_least_one_of':
      runConditionalAtLeast(check, run);
      break;
    default: {
      const message = check.check === 'custom' ? check.fn(run.data) : ofFieldsFault(check, run);
      if (message !== null) run.context.fault(message);
    }
  }
}

/** Runs the checks of a record or its sub-schema that concern several fields; faults are the record's own. */
export function runChecks(
  checks: readonly EntityCheck[],
  record: RecordNode,
  sub: RecordNode | null,
  data: Dict,
  faulty: ReadonlySet<string>,
  context: Context,
): void {
  const run: Run = { data, faulty, record, sub, context };
  for (const check of checks) if (!isSkipped(check, run)) runCheck(check, run);
}

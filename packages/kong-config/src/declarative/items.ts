import { type Context, type Hooks, type PathPart, pathText } from '../schema/context.js';
import { completeRecord } from '../schema/interpret.js';
import { MESSAGES } from '../schema/messages.js';
import { type Node, recordNode } from '../schema/node.js';
import type { Dict, EntitySchema } from '../schema/types.js';
import { upgradePath } from '../schema/uri.js';
import { isUuid } from '../schema/validators.js';
import { unknownFieldHint, valueHint } from './hints.js';
import { keyOf, stableUuidFor, uuidV5For } from './ids.js';
import type { EntityRecord, EntityRecords } from './records.js';

/** One entity of the file. */
export interface Item {
  record: EntityRecord;
  schema: EntitySchema;
  /** As it stands in the file. */
  raw: Dict;
  /** Completed. */
  data: Dict;
  id: string;
  parent: Item | null;
  /** The field that refers to the parent. */
  via: string | null;
  path: PathPart[];
}

/** What the loader needs from outside; see `LoadOptions`. */
export interface Outside {
  random(): string;
  resolveReference(reference: string): string | null;
}

function upgraded(raw: Dict): Dict {
  const paths = raw['paths'];
  if (!Array.isArray(paths)) return raw;
  return { ...raw, paths: paths.map((path) => (typeof path === 'string' ? upgradePath(path) : path)) };
}

/**
 * Gathers the entities of a file while the interpreter walks it.
 *
 * Kong validates a file that doesn't pass a second time, with every entity's id and outer entity filled in. So some things are
 * right only in the first round (a plugin that knows no consumers, inside a consumer) and some only in the second one (an
 * inner entity that names its outer one again): a file is good when either round finds nothing.
 */
export class Items implements Hooks {
  readonly all: Item[] = [];
  /** Something that only the second round allows was met. */
  needsSecondRound = false;
  /** What the second round alone refuses. */
  readonly secondRound: { path: PathPart[]; message: string }[] = [];
  private current: Item | null = null;

  constructor(
    private readonly records: EntityRecords,
    private readonly outside: Outside,
    /** Paths of routes are written as before Kong 3.0. */
    private readonly oldPaths: boolean,
  ) {}

  entity(node: Node, value: Dict, context: Context): Dict {
    if (node.field.type !== 'entity') return value;
    const record = this.records.get(node.field.entity);
    const { schema, parts } = record;
    const parent = this.current;
    const inService = parent === null || (parent.schema.name === 'services' && parent.parent === null);
    const raw = this.oldPaths && schema.name === 'routes' && inService ? upgraded(value) : value;
    const { via } = node.field;
    const item: Item = { record, schema, raw, data: {}, id: '', parent, via, path: [...context.path] };
    item.id = this.idOf(item);
    this.all.push(item);
    this.current = item;
    item.data = completeRecord(recordNode(parts, true), raw, context);
    this.current = parent;
    this.checkDerived(item);
    return item.data;
  }

  foreign(name: string, node: Node, value: unknown, context: Context): unknown {
    const nested = this.current?.parent != null;
    const given = value !== undefined && value !== null;
    if (node.field.eq === null) this.foreignRefused(name, given, context);
    else if (!given) {
      if (node.required && !nested) context.fault(MESSAGES.required);
    } else this.foreignGiven(node, value, nested, context);
    return given ? value : null;
  }

  auto(name: string, node: Node): unknown {
    return name === 'id' || node.field.type !== 'string' ? undefined : this.outside.random();
  }

  reference(text: string, context: Context): unknown {
    const value = this.outside.resolveReference(text);
    // An empty secret would protect nothing.
    if (value === null || value === '') context.fault(`the reference ${text} can't be resolved`);
    return value;
  }

  unknownField(name: string, known: Iterable<string>): string | undefined {
    return unknownFieldHint(name, known);
  }

  hint(message: string, value: unknown, node: Node): string | undefined {
    return valueHint(message, value, node);
  }

  private idOf(item: Item): string {
    const { schema, raw, parent, via } = item;
    if (typeof raw['id'] === 'string') return raw['id'];
    const key = keyOf(schema, raw, parent === null || via === null ? null : { via, id: parent.id });
    // Kong's ids of entities without a key are random; made from their place in the file they stay the same.
    return key === null ? stableUuidFor(schema.name, pathText(item.path)) : uuidV5For(schema.name, key);
  }

  private foreignRefused(name: string, given: boolean, context: Context): void {
    if (given) context.fault(MESSAGES.null);
    else if (this.current?.parent != null && this.current.via === name)
      this.secondRound.push({ path: [...context.path], message: MESSAGES.null });
  }

  private foreignGiven(node: Node, value: unknown, nested: boolean, context: Context): void {
    if (typeof value === 'string') {
      if (value === '') context.fault(MESSAGES.missingKey, undefined, ['id']);
      else if (nested) this.needsSecondRound = true;
      return;
    }
    if (typeof value !== 'object' || value === null) {
      context.fault(MESSAGES.string);
      return;
    }
    this.foreignMap(node, value as Dict, context);
  }

  /** Of a map the id counts; the rest must be fields of the entity that is meant. */
  private foreignMap(node: Node, value: Dict, context: Context): void {
    const known = node.field.type === 'foreign' ? this.records.get(node.field.reference)?.schema.fields : undefined;
    for (const name of Object.keys(value))
      if (name !== 'id' && known?.[name] === undefined) context.fault(MESSAGES.unknown, undefined, [name]);
    const { id } = value;
    if (id === undefined || id === null) context.fault(MESSAGES.missingKey, 'write the name itself, not a map', ['id']);
    else if (typeof id !== 'string') context.fault(MESSAGES.string, undefined, ['id']);
    else if (isUuid(id)) this.needsSecondRound = true;
    else context.fault(MESSAGES.uuid, undefined, ['id']);
  }

  /** A derived field needs what it is derived from, which the first round doesn't see. */
  private checkDerived({ schema, data }: Item): void {
    if (schema.derived?.input.some((name) => data[name] !== null && data[name] !== undefined)) this.needsSecondRound = true;
  }
}

import { closest } from '../schema/closest.js';
import { type Context, pathText } from '../schema/context.js';
import type { Dict } from '../schema/types.js';
import type { Item } from './items.js';

const SHOWN = 8;

/** A value for a message; keys are credentials, so of a long one only the beginning is shown. */
function shown(entity: string, value: string): string {
  return entity === 'keyauth_credentials' && value.length > SHOWN ? `${value.slice(0, SHOWN / 2)}…` : value;
}

/** Knows every entity of a file by id and by the key that others may use for it. */
export class Index {
  private readonly byId = new Map<string, Map<string, Item>>();
  private readonly byKey = new Map<string, Map<string, Item>>();

  constructor(private readonly context: Context) {}

  /** Takes in an entity; says so when another one has its name or id already. */
  add(item: Item): void {
    const { record, schema, data, id } = item;
    const key = record.key === null ? null : data[record.key];
    const first = typeof key === 'string' ? claim(this.byKey, schema.name, key, item) : null;
    if (first !== null) this.twice(item, `${record.key} set to '${shown(schema.name, String(key))}'`, first, record.key);
    const same = claim(this.byId, schema.name, id, item);
    if (first === null && same !== null) this.twice(item, `primary key set to '${id}'`, same, null);
    for (const name of record.uniques) this.addUnique(item, name);
  }

  /** The entity that a foreign key means: a name, an id, or `{ id }`. */
  find(entity: string, reference: unknown): Item | undefined {
    const key = typeof reference === 'object' && reference !== null ? (reference as Dict)['id'] : reference;
    if (typeof key !== 'string') return undefined;
    return this.byKey.get(entity)?.get(key) ?? this.byId.get(entity)?.get(key);
  }

  /** Says so when a foreign key of the entity leads nowhere. */
  checkReferences(item: Item): void {
    for (const { name, reference } of item.record.foreign) {
      const value = item.data[name];
      if (!isReference(value) || this.find(reference, value) !== undefined) continue;
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      const message = `invalid reference '${name}: ${text}' (no such entry in '${reference}')`;
      this.context.faultAt([...item.path, name], message, this.hintFor(item, reference, text));
    }
  }

  private hintFor(item: Item, reference: string, written: string): string | undefined {
    if (!this.context.wantsHints) return undefined;
    const label = labelOf(item);
    const near = closest(written, this.byKey.get(reference)?.keys() ?? []);
    const hints = [label === null ? '' : `in '${label}'`, near === undefined ? '' : `did you mean '${near}'?`].filter(
      (hint) => hint !== '',
    );
    return hints.length === 0 ? undefined : hints.join('; ');
  }

  private addUnique(item: Item, name: string): void {
    const value = item.data[name];
    if (typeof value !== 'string') return;
    const first = claim(this.byKey, `${item.schema.name}.${name}`, value, item);
    if (first !== null) this.twice(item, `${name} set to '${value}'`, first, name);
  }

  private twice(item: Item, what: string, first: Item, field: string | null): void {
    const message = `uniqueness violation: '${item.schema.name}' entity with ${what} already declared`;
    const label = labelOf(item);
    const hint = `${label === null ? 'it' : `'${label}'`} repeats ${pathText(first.path)}`;
    this.context.faultAt(field === null ? item.path : [...item.path, field], message, hint);
  }
}

function labelOf({ schema, data }: Item): string | null {
  const label = data[schema.endpoint_key ?? 'name'] ?? data['name'];
  return typeof label === 'string' ? shown(schema.name, label) : null;
}

function isReference(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  return typeof value === 'object' && value !== null && typeof (value as Dict)['id'] === 'string';
}

/** Puts the item under its key, unless another one is there: that one is returned. */
function claim(index: Map<string, Map<string, Item>>, entity: string, key: string, item: Item): Item | null {
  let entries = index.get(entity);
  if (entries === undefined) {
    entries = new Map();
    index.set(entity, entries);
  }
  const first = entries.get(key);
  if (first !== undefined) return first;
  entries.set(key, item);
  return null;
}

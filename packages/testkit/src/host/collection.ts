/** A thing that a mock keeps. */
export type Item = { readonly id: string | number } & Readonly<Record<string, unknown>>;

/** A page of things. */
export interface Page {
  readonly items: readonly Item[];
  readonly page: number;
  readonly limit: number;
  readonly total: number;
}

const MAX_ITEMS = 1000;
const MAX_LIMIT = 100;

/** A bounded, ordered set of things with ids; the oldest goes when it is full. */
export class Collection {
  readonly #items = new Map<string, Item>();
  #next: number;

  /**
   * @param prefix of new ids (`crs_`); empty gives whole numbers, as Django does.
   * @param seed what is there from the beginning.
   */
  constructor(
    private readonly prefix: string,
    seed: readonly Item[],
  ) {
    for (const item of seed) this.#items.set(String(item.id), item);
    this.#next = 1001 + seed.length;
  }

  get size(): number {
    return this.#items.size;
  }

  get(id: string | number): Item | undefined {
    return this.#items.get(String(id));
  }

  /** All that fit, oldest first. */
  all(fits: (item: Item) => boolean = () => true): Item[] {
    return [...this.#items.values()].filter(fits);
  }

  /** Keeps a new thing, under the next id unless it brings one, and gives it back. */
  add(fields: Readonly<Record<string, unknown>>): Item {
    const id = this.prefix === '' ? this.#next : `${this.prefix}${this.#next}`;
    this.#next += 1;
    const item = { id, ...fields } as Item;
    if (this.#items.size >= MAX_ITEMS) this.#items.delete(this.#items.keys().next().value ?? '');
    this.#items.set(String(item.id), item);
    return item;
  }

  /** Changes fields of a thing; undefined when it is not there. The id stays. */
  update(id: string | number, fields: Readonly<Record<string, unknown>>): Item | undefined {
    const before = this.get(id);
    if (before === undefined) return undefined;
    const after = { ...before, ...fields, id: before.id } as Item;
    this.#items.set(String(id), after);
    return after;
  }

  /** Whether it was there. */
  remove(id: string | number): boolean {
    return this.#items.delete(String(id));
  }
}

/** A page of a list by `page` (from 1) and `limit` (1 to 100, also as `pageSize` or `page_size`) of the query. */
export function paginate(items: readonly Item[], query: URLSearchParams): Page {
  const page = whole(query.get('page'), 1, 1_000_000, 1);
  const limit = whole(query.get('limit') ?? query.get('pageSize') ?? query.get('page_size'), 1, MAX_LIMIT, 20);
  return { items: items.slice((page - 1) * limit, page * limit), page, limit, total: items.length };
}

function whole(text: string | null, min: number, max: number, fallback: number): number {
  const value = Number(text ?? fallback);
  return Number.isInteger(value) ? Math.min(max, Math.max(min, value)) : fallback;
}

import type { z } from 'zod';
import { type Collection, type Item, type Page, paginate } from './collection.js';
import type { Exchange, JsonObject } from './exchange.js';
import { notFound } from './failure.js';
import { created, noContent, ok } from './reply.js';
import type { Handler, Routes } from './router.js';

type Verb = 'list' | 'read' | 'create' | 'replace' | 'change' | 'remove';

/** A collection behind the usual five routes. */
export interface Resource {
  /** `/courses` */
  readonly path: string;
  /** `Course`, for error messages. */
  readonly noun: string;
  readonly items: Collection;
  /** Checks the body of POST; PUT and PATCH take any part of it. Fields that it does not know are dropped. */
  readonly schema: z.ZodObject;
  /** What a new thing has beside the client's fields. */
  readonly extras: (exchange: Exchange) => JsonObject;
  /** Names of the query that select by equality with the field of the same name. */
  readonly filters: readonly string[];
  /** The body of a list. */
  readonly page: (page: Page, exchange: Exchange) => unknown;
  /** What a changed thing gets beside the client's fields (`updatedAt`). */
  readonly touch: () => JsonObject;
  /** Which routes there are; all by default. */
  readonly verbs?: readonly Verb[];
}

const lines: Record<Verb, (path: string) => string> = {
  list: (path) => `GET ${path}`,
  create: (path) => `POST ${path}`,
  read: (path) => `GET ${path}/:id`,
  replace: (path) => `PUT ${path}/:id`,
  change: (path) => `PATCH ${path}/:id`,
  remove: (path) => `DELETE ${path}/:id`,
};

/** Routes that list, create, read, change and delete the things of a collection. */
export function resource(definition: Resource): Routes {
  const { items, schema, extras, filters, page, touch, noun } = definition;
  const partial = schema.partial();
  const change: Handler = (x) => ok(existing(items.update(x.param('id'), { ...sent(x, partial), ...touch() }), noun));
  const handlers: Record<Verb, Handler> = {
    list: (x) => ok(page(paginate(items.all(selector(x.query, filters)), x.query), x)),
    create: (x) => created(items.add({ ...x.parse(schema), ...extras(x) })),
    read: (x) => ok(existing(items.get(x.param('id')), noun)),
    replace: change,
    change,
    remove: (x) => {
      if (!items.remove(x.param('id'))) throw notFound(noun);
      return noContent;
    },
  };
  const verbs = definition.verbs ?? (Object.keys(handlers) as Verb[]);
  return Object.fromEntries(verbs.map((verb) => [lines[verb](definition.path), handlers[verb]]));
}

/** The checked fields that the client did send: a default is for new things only. */
function sent(x: Exchange, schema: z.ZodType<JsonObject>): JsonObject {
  const fields = x.json();
  return Object.fromEntries(Object.entries(x.parse(schema)).filter(([name]) => Object.hasOwn(fields, name)));
}

/** The thing itself; Failure 404 when there is none. */
export function existing(item: Item | undefined, noun: string): Item {
  if (item === undefined) throw notFound(noun);
  return item;
}

/** Keeps what equals the query's value in every named field that the query has. */
export function selector(query: URLSearchParams, names: readonly string[]): (item: Item) => boolean {
  const wanted = names.flatMap((name) => (query.has(name) ? [[name, query.get(name)] as const] : []));
  return (item) => wanted.every(([name, value]) => String(item[name]) === value);
}

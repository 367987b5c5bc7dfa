import { Collection, type Item, type Page } from '../../host/collection.js';
import type { Exchange, JsonObject } from '../../host/exchange.js';
import type { Mock } from '../../host/mock.js';
import { type Resource, resource } from '../../host/resource.js';
import type { Routes } from '../../host/router.js';
import { plainFailure } from '../failure-forms.js';

/** A list as Django REST framework gives it, with relative links. */
export function djangoPage({ items, page, limit, total }: Page, x: Exchange): unknown {
  const link = (wanted: number): string | null => {
    if (wanted < 1 || (wanted - 1) * limit >= total || wanted === page) return null;
    const query = new URLSearchParams(x.query);
    query.set('page', String(wanted));
    return `${x.path}/?${query}`;
  };
  return { count: total, next: link(page + 1), previous: link(page - 1), results: items };
}

/** A Django service. Paths are written without the trailing slash; requests may have it or not. */
export const djangoMock = (service: string, routes: Routes): Mock => ({
  routes,
  health: () => ({ status: 'healthy', service, database: 'ok', cache: 'ok' }),
  failure: plainFailure,
});

/** A Django model behind the usual routes; what differs is told, the rest is common. */
export interface Model {
  readonly name: string;
  readonly noun: string;
  readonly seed: readonly Item[];
  readonly schema: Resource['schema'];
  readonly filters?: readonly string[];
  readonly extras?: (exchange: Exchange) => JsonObject;
}

/** Routes of a model under `/api/NAME`, and its rows. */
export function modelRoutes(model: Model, now: () => number): { readonly routes: Routes; readonly items: Collection } {
  const items = new Collection('', model.seed);
  const at = (): string => new Date(now()).toISOString();
  const routes = resource({
    path: `/api/${model.name}`,
    noun: model.noun,
    items,
    schema: model.schema,
    extras: (x) => ({ ...model.extras?.(x), created_at: at(), updated_at: at() }),
    filters: model.filters ?? [],
    page: djangoPage,
    touch: () => ({ updated_at: at() }),
  });
  return { routes, items };
}

/** The caller's number; 1001 without a token. */
export function callerId(x: Exchange): number {
  const id = Number(x.userId('1001'));
  return Number.isSafeInteger(id) ? id : 1001;
}

/** The times of rows that were there before. */
export const seeded = { created_at: '2026-02-10T12:00:00.000Z', updated_at: '2026-02-10T12:00:00.000Z' };

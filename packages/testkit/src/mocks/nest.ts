import type { Page } from '../host/collection.js';
import type { JsonObject } from '../host/exchange.js';
import type { Mock } from '../host/mock.js';
import type { Routes } from '../host/router.js';
import { nestFailure } from './failure-forms.js';

/** A list as the NestJS services give it. */
export const nestPage = ({ items, page, limit, total }: Page): unknown => ({
  data: items,
  meta: { page, limit, total, totalPages: Math.ceil(total / limit) },
});

/** The health body of @nestjs/terminus. */
export const nestHealth = (...parts: readonly string[]): unknown => {
  const info = Object.fromEntries(parts.map((part) => [part, { status: 'up' }]));
  return { status: 'ok', info, error: {}, details: info };
};

/** A NestJS service with a database. */
export const nestMock = (routes: Routes): Mock => ({ routes, health: () => nestHealth('database', 'redis'), failure: nestFailure });

/** Times of a new thing. */
export const stamps = (now: number): JsonObject => {
  const at = new Date(now).toISOString();
  return { createdAt: at, updatedAt: at };
};

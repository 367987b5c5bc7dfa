import type { CannedReplies } from '../../host/canned.js';
import type { Exchange, JsonObject } from '../../host/exchange.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import type { Routes } from '../../host/router.js';
import { envelopeFailure } from '../failure-forms.js';

/** What an operation did, and the data that its canned reply may show. */
export interface Outcome {
  /** Names one of the file's replies. */
  readonly outcome: string;
  readonly data: JsonObject;
}

/** `POST /auth/verify-otp` → what it does. Its reply is the canned file of the same method and path. */
export type Operations = Readonly<Record<string, (exchange: Exchange) => Outcome>>;

/** The ordinary outcome. */
export const done = (data: JsonObject): Outcome => ({ outcome: 'ok', data });
/** Any other one. */
export const refused = (outcome: string, data: JsonObject = {}): Outcome => ({ outcome, data });

const versions = ['/v1', '/v2'];

/**
 * A service whose operations exist under /v1 and /v2 alike, with replies that a person can edit.
 * A canned file for a path that no operation has is served too, filled from the request alone.
 */
export function healthpayMock(name: string, environment: MockEnvironment, operations: Operations, more: Routes = {}): Mock {
  const { now } = environment;
  const replies = environment.canned(`healthpay.${name}`);
  const startedAt = now();
  return {
    routes: { ...routesOf(replies, operations), ...more },
    health: () => ({
      status: 'healthy',
      service: `healthpay-${name}`,
      version: '2.3.0',
      timestamp: new Date(now()).toISOString(),
      uptime: Math.floor((now() - startedAt) / 1000),
    }),
    failure: envelopeFailure,
    fallback: (x) => replies.fallback(x, x.path.replace(/^\/v[12](?=\/)/, '')),
  };
}

function routesOf(replies: CannedReplies, operations: Operations): Routes {
  const entries = Object.entries(operations).flatMap(([route, operation]) => {
    const [method, path] = route.split(' ');
    const handler = (x: Exchange) => {
      const { outcome, data } = operation(x);
      return replies.reply(route, x, outcome, data);
    };
    return versions.map((version) => [`${method} ${version}${path}`, handler] as const);
  });
  return Object.fromEntries(entries);
}

import type { ActiveHealthcheck, PassiveHealthcheck, Target, Upstream } from '@gatehouse/kong-config';
import type { HashInputs, PickFacts } from '../pick.js';

/** Health checks of which only some fields are given, at any depth. */
export interface GivenChecks {
  threshold?: number;
  active?: Partial<Omit<ActiveHealthcheck, 'healthy' | 'unhealthy'>> & {
    healthy?: Partial<ActiveHealthcheck['healthy']>;
    unhealthy?: Partial<ActiveHealthcheck['unhealthy']>;
  };
  passive?: { healthy?: Partial<PassiveHealthcheck['healthy']>; unhealthy?: Partial<PassiveHealthcheck['unhealthy']> };
}

/** Health checks with Kong's defaults: all off. */
export function checks(given: GivenChecks = {}): Upstream['healthchecks'] {
  const { healthy = {}, unhealthy = {}, ...active } = given.active ?? {};
  return {
    threshold: given.threshold ?? 0,
    active: {
      type: 'http',
      timeout: 1,
      concurrency: 10,
      http_path: '/',
      https_sni: null,
      https_verify_certificate: true,
      headers: null,
      ...active,
      healthy: { interval: 0, http_statuses: [200, 302], successes: 0, ...healthy },
      unhealthy: {
        interval: 0,
        http_statuses: [429, 404, 500, 501, 502, 503, 504, 505],
        http_failures: 0,
        tcp_failures: 0,
        timeouts: 0,
        ...unhealthy,
      },
    },
    passive: {
      type: 'http',
      healthy: { http_statuses: [200, 201, 204, 301, 302], successes: 0, ...given.passive?.healthy },
      unhealthy: { http_statuses: [429, 500, 503], http_failures: 0, tcp_failures: 0, timeouts: 0, ...given.passive?.unhealthy },
    },
  };
}

/** An upstream with Kong's defaults. */
export function upstream(name: string, given: Partial<Upstream> = {}): Upstream {
  return {
    id: `id-${name}`,
    tags: null,
    name,
    algorithm: 'round-robin',
    slots: 10_000,
    hash_on: 'none',
    hash_fallback: 'none',
    hash_on_header: null,
    hash_fallback_header: null,
    hash_on_cookie: null,
    hash_on_cookie_path: '/',
    hash_on_query_arg: null,
    hash_fallback_query_arg: null,
    hash_on_uri_capture: null,
    hash_fallback_uri_capture: null,
    healthchecks: checks(),
    host_header: null,
    client_certificate: null,
    use_srv_name: false,
    ...given,
  };
}

/** Targets of one upstream: `host:port`, or that with a weight. */
export function targets(of: string, ...given: readonly (string | readonly [target: string, weight: number])[]): Target[] {
  return given.map((entry) => {
    const [target, weight] = typeof entry === 'string' ? [entry, 100] : entry;
    return { id: `id-${of}-${target}`, tags: null, upstream: { id: `id-${of}` }, target, weight };
  });
}

/** A request with nothing to hash on but what is given. */
export function facts(given: Partial<HashInputs> = {}): PickFacts {
  return {
    hashInputs: {
      consumerId: () => null,
      clientIp: () => '192.0.2.1',
      header: () => undefined,
      cookie: () => undefined,
      path: () => '/',
      queryArg: () => undefined,
      uriCapture: () => undefined,
      ...given,
    },
  };
}

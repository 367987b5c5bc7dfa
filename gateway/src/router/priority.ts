/**
 * The rank of a route, as Kong 3.9 computes it (Kong: router/transform.lua get_priority).
 *
 * Kong means to build a 64-bit number: kinds of condition in the top 3 bits, then a bit for hosts without wildcard, the
 * number of headers, a bit for regular expressions, regex_priority, the length of the path. What it does is different:
 * its shift of a plain Lua number has 32 bits, so kinds, headers and regex_priority land 32 bits lower, while the two
 * single bits, shifted as 64-bit values, land where they should. Hence a route with plain hosts goes before any without,
 * then one with regular expressions before any without, whatever else they ask for; only then kinds, headers and
 * length count. A shifted value that comes out negative (four kinds of condition and more; a negative regex_priority)
 * turns into 2^63, above all others. This follows what Kong does, because that is what a configuration was tried on.
 */
import type { Route } from '@gatehouse/kong-config';

/** What the rank depends on; `paths` are all regular expressions or all of one length. */
export interface RankedRoute {
  readonly route: Route;
  /** With their `~` when regular expressions; bytes. */
  readonly paths: readonly string[];
}

const HEADER_COUNT_MAX = 255;
const LENGTH_MASK = 0x7ffff;

const PLAIN_HOSTS = 1n << 60n;
const REGEX_PATH = 1n << 51n;
/** A negative 32-bit number, once it is made a 64-bit unsigned one. */
const NEGATIVE = 1n << 63n;

/** Greater goes first. */
export function routePriority({ route, paths }: RankedRoute): bigint {
  const headerCount = Math.min(Object.keys(route.headers ?? {}).length, HEADER_COUNT_MAX);
  const isRegex = paths[0]?.startsWith('~') ?? false;
  // The amounts are those of Kong's shifts (61, 52, 19) modulo 32.
  const kinds = kindsOfCondition(route, paths) << 29;
  const headers = headerCount << 20;
  const length = isRegex ? 0 : (paths[0]?.length ?? 0) & LENGTH_MASK;
  const plain = route.hosts?.every((host) => !host.includes('*')) ?? false;
  if (!plain && !isRegex) return unsigned(kinds | headers | length);
  const regexPriority = isRegex ? route.regex_priority << 19 : 0;
  const single = (plain ? PLAIN_HOSTS : 0n) | (isRegex ? REGEX_PATH : 0n);
  return single | unsigned(kinds) | unsigned(headers) | unsigned(regexPriority) | unsigned(length);
}

function kindsOfCondition(route: Route, paths: readonly string[]): number {
  const lists = [route.sources, route.destinations, route.methods, route.hosts, Object.keys(route.headers ?? {}), route.snis, paths];
  return lists.filter((list) => (list?.length ?? 0) > 0).length;
}

function unsigned(value: number): bigint {
  return value < 0 ? NEGATIVE : BigInt(value);
}

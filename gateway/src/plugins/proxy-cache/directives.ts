/** Cache-Control and Expires as Kong reads them (kong/tools/http.lua). */
import type { HeaderList } from '../../headers.js';
import { parseNumber } from '../lib/lua-number.js';

/** By lower-case name; true for a directive without a value. */
export type Directives = ReadonlyMap<string, string | number | true>;

const DIRECTIVE = /^\s*([^=]+)(?:=(.+))?/;
const NONE: Directives = new Map();
const TEXT_MAX = 4096;

/** All lines of a list's Cache-Control. */
export function directivesOf(headers: HeaderList): Directives {
  if (!headers.has('cache-control')) return NONE;
  const text = headers.getAll('cache-control').join(', ').slice(0, TEXT_MAX);
  const found = new Map<string, string | number | true>();
  for (const piece of text.split(',')) {
    const match = DIRECTIVE.exec(piece);
    if (!match) continue;
    const value = match[2];
    found.set(match[1]!.toLowerCase(), value === undefined ? true : (parseNumber(value) ?? value));
  }
  return found;
}

/** A directive's number of seconds, or undefined when it has none. */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  return typeof value === 'number' ? value : undefined;
}

/** For how many seconds an answer says that it is fresh. `now`: Unix seconds. */
export function freshSeconds(directives: Directives, headers: HeaderList, now: number): number {
  const stated = directives.get('s-maxage') ?? directives.get('max-age');
  if (stated !== undefined) return typeof stated === 'number' ? Math.max(0, stated) : 0;
  const expires = Date.parse(headers.getAll('expires').at(-1) ?? '');
  return Number.isNaN(expires) ? 0 : Math.max(0, Math.floor(expires / 1000) - now);
}

/** Where a request carries its token: query, cookies, headers. */
import type { HeaderList } from '../../headers.js';
import type { Exchange } from '../../plugin.js';
import { decodeArgs } from '../lib/args.js';
import { toBytes } from '../lib/bytes.js';
import { AbsentValue } from '../lib/failing.js';
import { findKey } from '../lib/header-lookup.js';

export interface TokenPlaces {
  uri_param_names: string[] | null;
  cookie_names: string[] | null;
  header_names: string[] | null;
}

const BEARER = /[Bb]earer\s+([^\n]+)/;

/** A cookie's value as nginx finds it ($cookie_name): names without case, the first one counts. */
function cookie(headers: HeaderList, name: string): string | undefined {
  for (const line of headers.getAll('cookie')) {
    for (const pair of line.split(/[;,] */)) {
      const equals = pair.indexOf('=');
      if (equals >= 0 && pair.slice(0, equals).trimEnd().toLowerCase() === name) return pair.slice(equals + 1).trimStart();
    }
  }
  return undefined;
}

type Finder = (exchange: Exchange) => ReadonlySet<string | true>;

/** With null for a list of names Kong takes the file and fails each request. */
function failingFinder(field: keyof TokenPlaces): Finder {
  return () => {
    throw new AbsentValue(`config.${field}`);
  };
}

/** A function that finds the different tokens of a request. `true`: an argument without a value. It throws where a list is null. */
export function tokenFinder({ uri_param_names, cookie_names, header_names }: TokenPlaces): Finder {
  if (uri_param_names === null) return failingFinder('uri_param_names');
  if (cookie_names === null) return failingFinder('cookie_names');
  if (header_names === null) return failingFinder('header_names');
  const params = uri_param_names.map(toBytes);
  const cookies = cookie_names.map((name) => toBytes(name).toLowerCase());
  return ({ request: { headers }, upstream: { rawQuery } }) => {
    const found = new Set<string | true>();
    if (params.length > 0 && rawQuery !== '') {
      const args = decodeArgs(rawQuery);
      for (const name of params) for (const value of [args.get(name) ?? []].flat()) found.add(value);
    }
    for (const name of cookies) found.add(cookie(headers, name) ?? '');
    for (const name of header_names) {
      const key = findKey(headers, name);
      found.add((key !== null && BEARER.exec(headers.get(key)!)?.[1]) || '');
    }
    found.delete('');
    return found;
  };
}

/** The key of an answer (kong/plugins/proxy-cache/cache_key.lua): the same for the same question, whoever asks it first. */
import crypto from 'node:crypto';
import type { HeaderList } from '../../headers.js';
import type { Exchange } from '../../plugin.js';
import { type Args, type ArgValue, decodeArgs } from '../lib/args.js';
import { toBytes } from '../lib/bytes.js';
import { findKey } from '../lib/header-lookup.js';

export interface KeyConfig {
  vary_query_params: string[] | null;
  vary_headers: string[] | null;
  ignore_uri_case: boolean | null;
}

function part(name: string, value: ArgValue | readonly ArgValue[]): string {
  if (value === true) return name;
  if (typeof value === 'string') return `${name}=${value}`;
  return `${name}=${value.map(String).sort().join(',')}`;
}

function queryPart(args: Args, names: readonly string[] | null): string {
  const chosen = names ?? [...args.keys()].sort();
  return chosen
    .flatMap((name) => {
      const value = args.get(name);
      return value === undefined ? [] : [part(name, value)];
    })
    .join(':');
}

function headerPart(headers: HeaderList, names: readonly string[]): string {
  return names
    .flatMap((name) => {
      const key = findKey(headers, name);
      if (key === null) return [];
      const values = headers.getAll(key);
      return [part(name, values.length === 1 ? values[0]! : values)];
    })
    .join(':');
}

/** As nginx writes it in $request. */
function protocol(version: number): string {
  return `HTTP/${version.toFixed(1)}`;
}

/** Kong takes method and path from the request line up to `?`; without one its protocol comes along. */
function uriPart({ request }: Exchange): string {
  const line = `${request.method} ${request.rawPath}`;
  return request.hasQuery ? line : `${line} ${protocol(request.httpVersion)}`;
}

function whose({ consumer, route }: Exchange): string {
  if (!route) return 'default';
  return consumer ? `${consumer.id}:${route.id}` : route.id;
}

const NO_ARGS: Args = new Map();
const listed = (names: readonly string[] | null): readonly string[] | null => (names && names.length > 0 ? names.map(toBytes) : null);

/** A function that makes the key: 64 hex digits. */
export function keyMaker(config: KeyConfig): (exchange: Exchange) => string {
  const params = listed(config.vary_query_params);
  const headers = listed(config.vary_headers);
  return (exchange) => {
    const { rawQuery, method } = exchange.upstream;
    const uri = config.ignore_uri_case ? uriPart(exchange).toLowerCase() : uriPart(exchange);
    const query = queryPart(rawQuery === '' ? NO_ARGS : decodeArgs(rawQuery), params);
    const varied = headers ? headerPart(exchange.request.headers, headers) : '';
    return crypto.hash('sha256', Buffer.from(`${whose(exchange)}|${method}|${uri}|${query}|${varied}`, 'latin1'), 'hex');
  };
}

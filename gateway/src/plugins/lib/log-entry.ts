/** The log entry of a request in the form of kong.log.serialize. */
import type { HeaderList } from '../../headers.js';
import type { Exchange, Outcome, Try } from '../../plugin.js';
import { decodeArgs } from './args.js';
import { fromBytes } from './bytes.js';
import { logValues } from './log-values.js';

export type LogEntry = Record<string, unknown>;

const REDACTED = new Set(['authorization', 'proxy-authorization']);

function headersOf(headers: HeaderList): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null);
  for (const key of new Set(headers.keys)) {
    const values = headers.getAll(key).map(fromBytes);
    out[key] = REDACTED.has(key) ? 'REDACTED' : values.length === 1 ? values[0] : values;
  }
  return out;
}

function queryOf(rawQuery: string): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null);
  const show = (value: string | true): string | true => (value === true ? true : fromBytes(value));
  for (const [name, value] of decodeArgs(rawQuery)) out[fromBytes(name)] = Array.isArray(value) ? value.map(show) : show(value);
  return out;
}

const withQuery = (path: string, rawQuery: string): string => fromBytes(rawQuery === '' ? path : `${path}?${rawQuery}`);

function requestOf({ id, request, upstream }: Exchange, outcome: Outcome): LogEntry {
  const { connection } = request;
  const uri = withQuery(request.rawPath, request.rawQuery);
  return {
    id,
    uri,
    url: `${request.scheme}://${fromBytes(request.host)}:${connection.localPort}${uri}`,
    querystring: queryOf(upstream.rawQuery),
    method: upstream.method,
    headers: headersOf(request.headers),
    size: outcome.bytesIn,
    ...(connection.tls && { tls: { ...connection.tls, client_verify: 'NONE' } }),
  };
}

const known = new WeakMap<object, LogEntry>();

/** An entity of the configuration as Kong shows it: without what is not set. Made once, since entities never change. */
export function entityOf(entity: object): LogEntry {
  const made = known.get(entity) ?? Object.fromEntries(Object.entries(entity).filter(([, value]) => value !== null));
  known.set(entity, made);
  return made;
}

/** The statuses of all tries, as nginx's $upstream_status has them. */
function statusesOf({ tries, source, status }: Outcome): string {
  const failed = tries.flatMap((one) => (one.failed === null ? [] : [one.failed]));
  return (source === 'service' ? [...failed, status] : failed).join(', ');
}

function tryOf({ ip, port, startedAt, failed }: Try): LogEntry {
  const state = failed === null ? {} : { state: 'failed', code: failed };
  return { ip, port, balancer_start: startedAt, balancer_start_ns: startedAt * 1e6, balancer_latency: 0, ...state };
}

/**
 * @param answer the headers that the client got, as far as they are known
 * @returns the entry; times in milliseconds, sizes in bytes
 */
export function logEntry(exchange: Exchange, outcome: Outcome, answer: HeaderList | null): LogEntry {
  const { consumer, credential, upstream } = exchange;
  const fromService = outcome.source === 'service';
  const entry: LogEntry = {
    request: requestOf(exchange, outcome),
    upstream_uri: upstream.path === '' ? '' : withQuery(upstream.path, upstream.rawQuery),
    upstream_status: statusesOf(outcome),
    tries: outcome.tries.map(tryOf),
    response: { status: outcome.status, headers: answer ? headersOf(answer) : {}, size: outcome.bytesOut },
    latencies: { kong: outcome.gatewayMs, proxy: outcome.upstreamMs ?? -1, request: outcome.totalMs, receive: 0 },
    client_ip: exchange.request.clientIp,
    started_at: exchange.startedAt,
    source: fromService ? 'upstream' : 'kong',
    workspace_name: 'default',
    ...(exchange.route && { route: entityOf(exchange.route) }),
    ...(exchange.service && { service: entityOf(exchange.service) }),
    ...(consumer && { consumer: entityOf(consumer) }),
    ...(credential && { authenticated_entity: { id: credential.id } }),
  };
  for (const [name, value] of logValues(exchange)) entry[name] = value;
  return entry;
}

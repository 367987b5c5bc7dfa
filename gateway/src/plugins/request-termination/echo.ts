/** The answer that shows a request to its sender, for debugging configurations. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { HeaderList } from '../../headers.js';
import type { Exchange, PluginEnvironment } from '../../plugin.js';
import { type Args, decodeArgs } from '../lib/args.js';
import { fromBytes } from '../lib/bytes.js';
import { entityOf } from '../lib/log-entry.js';

function headersAsObject(headers: HeaderList): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = Object.create(null);
  for (const key of new Set(headers.keys)) {
    const values = headers.getAll(key).map(fromBytes);
    out[key] = values.length === 1 ? values[0]! : values;
  }
  return out;
}

function argsAsObject(args: Args): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null);
  const show = (value: string | true): string | true => (value === true ? true : fromBytes(value));
  for (const [name, value] of args) out[fromBytes(name)] = Array.isArray(value) ? value.map(show) : show(value);
  return out;
}

function parsedBody(body: Buffer, contentType: string | undefined): unknown {
  const type = contentType?.toLowerCase() ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) return argsAsObject(decodeArgs(body.toString('latin1')));
  if (!type.startsWith('application/json')) return undefined;
  try {
    const decoded: unknown = JSON.parse(body.toString('utf8'));
    return typeof decoded === 'object' && decoded !== null ? decoded : undefined;
  } catch {
    return undefined;
  }
}

function nodeId(environment: PluginEnvironment): string {
  const known = environment.state.get('node_id');
  if (typeof known === 'string') return known;
  const fresh = randomUUID();
  environment.state.set('node_id', fresh);
  return fresh;
}

/** The echo's body. Reads the whole request body, within the exchange's own bound. */
export async function echoOf(exchange: Exchange, message: string | undefined, environment: PluginEnvironment): Promise<object> {
  const { request, upstream } = exchange;
  const body = request.hasBody ? await exchange.readBody() : Buffer.alloc(0);
  return {
    message,
    kong: { node_id: nodeId(environment), worker_pid: process.pid, hostname: hostname() },
    request: {
      scheme: request.scheme,
      host: request.host,
      port: request.connection.localPort,
      headers: headersAsObject(request.headers),
      query: argsAsObject(decodeArgs(upstream.rawQuery)),
      body: parsedBody(body, request.headers.get('content-type')),
      raw_body: body.toString('utf8'),
      method: upstream.method,
      path: fromBytes(request.path),
      uri_captures: { named: exchange.uriCaptures?.named ?? {}, unnamed: exchange.uriCaptures?.unnamed.slice(1) ?? [] },
    },
    matched_route: exchange.route ? entityOf(exchange.route) : undefined,
    matched_service: exchange.service ? entityOf(exchange.service) : undefined,
  };
}

/** What the Lua of a Kong double is told of a request that the embedded plane has. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { LuaBody } from '@gatehouse/testkit';
import type { LiveExchange } from '../../../gateway/src/phases/exchange.js';
import { inMemory } from '../../../gateway/src/proxy/body-spool.js';

/** A body that is longer goes into a file: nginx's client_body_buffer_size in Kong. */
const BUFFER_BYTES = 8192;

type Facts = Record<string, unknown>;

/** What stays the same from one phase to the next. */
export function fixedFacts(exchange: LiveExchange): Facts {
  const { request, incoming } = exchange;
  return {
    vars: {
      request_method: request.method,
      request_uri: incoming.head.target,
      host: request.host,
      scheme: request.scheme,
      remote_addr: request.clientIp,
      kong_request_id: exchange.id,
      content_length: request.contentLength === null ? undefined : request.headers.get('content-length'),
      request_completion: 'OK',
    },
    path: request.path,
    started: exchange.startedAt,
  };
}

/** Header lines, in order. */
export const headerFacts = (headers: { entries(): Iterable<readonly [string, string]> }): (readonly [string, string])[] => [
  ...headers.entries(),
];

/** What is known since the request has a route. */
export function routeFacts(exchange: LiveExchange): Facts {
  const named = exchange.uriCaptures?.named;
  return {
    route: exchange.route?.id,
    service: exchange.service?.id,
    captures: named && Object.keys(named).length > 0 ? named : undefined,
    headers: headerFacts(exchange.request.headers),
  };
}

/** Reads a body as nginx does: into memory, or into a file. @param folder where the file goes; the caller removes it */
export async function readBody(exchange: LiveExchange, folder: string): Promise<LuaBody> {
  if (!exchange.request.hasBody) return {};
  const body = await inMemory(await (exchange.collectedBody ?? exchange.collect()));
  if (body.length === 0) return {};
  if (body.length <= BUFFER_BYTES) return { data: body.toString('latin1') };
  const file = path.join(folder, `body-${randomBytes(8).toString('hex')}`);
  fs.writeFileSync(file, body);
  return { file };
}

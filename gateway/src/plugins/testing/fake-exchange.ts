/** Exchanges for the tests of plugins: everything in memory, nothing random. */
import type { Consumer, Credential, Route, Service } from '@gatehouse/kong-config';
import { HeaderList } from '../../headers.js';
import {
  BodyTooLarge,
  type ClientRequest,
  type Exchange,
  type Exit,
  type Outcome,
  type PluginEnvironment,
  type PluginInstance,
  type PluginScope,
  type ResponseHead,
  type UpstreamRequest,
} from '../../plugin.js';
import { LocalCounters } from '../lib/counters.js';

type HeaderInput = Record<string, string | readonly string[]>;

/** What a test says about a request; the rest is a plain GET of `/` from 127.0.0.1. */
export interface FakeRequest {
  method?: string;
  /** Path and query as sent. */
  target?: string;
  headers?: HeaderInput;
  body?: string | Buffer | null;
  /** The body has no Content-Length. */
  chunked?: boolean;
  clientIp?: string;
  scheme?: 'http' | 'https';
  /** Of the Host header, without port. */
  host?: string;
  httpVersion?: ClientRequest['httpVersion'];
  uriCaptures?: Exchange['uriCaptures'];
  route?: Partial<Route> | null;
  service?: Partial<Service> | null;
  consumer?: Partial<Consumer> | null;
  startedAt?: number;
}

/** A header list from a plain object; a list of values makes several lines. */
export function headerList(input: HeaderInput = {}): HeaderList {
  const list = new HeaderList();
  for (const [name, value] of Object.entries(input)) {
    for (const one of typeof value === 'string' ? [value] : value) list.add(name, one);
  }
  return list;
}

/** A header list as a plain object with lower-case names; several lines make a list. */
export function plainHeaders(list: HeaderList): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {};
  for (const key of new Set(list.keys)) {
    const values = list.getAll(key);
    out[key] = values.length === 1 ? values[0]! : values;
  }
  return out;
}

function clientRequest(input: FakeRequest, body: Buffer | null): ClientRequest {
  const target = input.target ?? '/';
  const question = target.indexOf('?');
  const rawPath = question < 0 ? target : target.slice(0, question);
  const headers = headerList({ Host: input.host ?? 'kong.test', ...input.headers });
  if (body && !input.chunked) headers.set('Content-Length', String(body.length));
  return {
    method: input.method ?? (body ? 'POST' : 'GET'),
    scheme: input.scheme ?? 'http',
    host: input.host ?? 'kong.test',
    port: 8000,
    rawPath,
    path: rawPath,
    rawQuery: question < 0 ? '' : target.slice(question + 1),
    hasQuery: question >= 0,
    httpVersion: input.httpVersion ?? 1.1,
    headers,
    remoteAddress: input.clientIp ?? '127.0.0.1',
    clientIp: input.clientIp ?? '127.0.0.1',
    trusted: false,
    contentLength: body && !input.chunked ? body.length : null,
    hasBody: body !== null,
    connection: { localAddress: '127.0.0.1', localPort: 8000, serial: 7, requests: 2, tls: null },
  };
}

const route = (fields: Partial<Route>): Route => ({ id: '5f2c4b0e-0000-4000-8000-000000000001', name: 'r', ...fields }) as Route;
const service = (fields: Partial<Service>): Service =>
  ({ id: '5f2c4b0e-0000-4000-8000-000000000002', name: 's', host: 'up.test', ...fields }) as Service;
const consumer = (fields: Partial<Consumer>): Consumer =>
  ({ id: '5f2c4b0e-0000-4000-8000-000000000003', username: 'alice', custom_id: null, tags: null, ...fields }) as Consumer;

/** An exchange before its access phase. */
export function fakeExchange(input: FakeRequest = {}): Exchange {
  const body = input.body === undefined || input.body === null ? null : Buffer.from(input.body);
  const request = clientRequest(input, body);
  const upstream: UpstreamRequest = {
    method: request.method,
    scheme: 'http',
    path: request.path,
    rawQuery: request.rawQuery,
    host: null,
    body: null,
  };
  const read = async (limit = Number.POSITIVE_INFINITY): Promise<Buffer> => {
    if ((body?.length ?? 0) > limit) throw new BodyTooLarge(limit);
    return upstream.body ?? body ?? Buffer.alloc(0);
  };
  return {
    id: '0123456789abcdef0123456789abcdef',
    request,
    upstream,
    route: input.route === null ? null : route(input.route ?? {}),
    service: input.service === null ? null : service(input.service ?? {}),
    uriCaptures: input.uriCaptures ?? null,
    consumer: input.consumer ? consumer(input.consumer) : null,
    credential: null,
    responseHeaders: new HeaderList(),
    shared: new Map(),
    local: new Map(),
    startedAt: input.startedAt ?? 1_700_000_000_000,
    readBody: read,
    bodySize: async (limit) => (await read(limit)).length,
  };
}

/** An environment whose clock stands still until a test moves it. */
export interface FakeEnvironment extends PluginEnvironment {
  time: number;
  readonly logged: { level: string; message: string }[];
}

/** The consumers and credentials of a test. */
export interface FakePeople {
  consumers?: Partial<Consumer>[];
  credentials?: Record<string, (Partial<Credential> & Record<string, unknown>)[]>;
}

/** Ids are `00000000-0000-4000-8000-00000000000N`, N counting up. */
export function fakeEnvironment(people: FakePeople = {}, scope: Partial<PluginScope> = {}): FakeEnvironment {
  let ids = 0;
  const logged: FakeEnvironment['logged'] = [];
  const consumers = (people.consumers ?? []).map(consumer);
  return {
    time: 1_700_000_000_000,
    logged,
    scope: { route: null, service: null, consumer: null, ...scope },
    directory: {
      credentials: (kind) =>
        (people.credentials?.[kind] ?? []).map((fields, i) => ({ id: `${kind}-${i}`, tags: null, consumer: null, ...fields })),
      consumer: (name) => consumers.find(({ id, username }) => id === name || username === name) ?? null,
    },
    state: new Map(),
    counters: new LocalCounters(),
    redisCounters: () => {
      throw new Error('there is no Redis here');
    },
    siblings: { tell: () => undefined, listen: () => undefined },
    now() {
      return this.time;
    },
    uuid: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    log: (level, message) => void logged.push({ level, message }),
  };
}

/** An answer's head as header filters get it. */
export function responseHead(status: number, headers: HeaderInput = {}, source: ResponseHead['source'] = 'service'): ResponseHead {
  return { status, headers: headerList(headers), source };
}

/** What the service answers in `runThrough`. */
export interface FakeAnswer {
  status?: number;
  headers?: HeaderInput;
  body?: string | readonly string[];
}

export interface Finished {
  exit: Exit | undefined;
  status: number;
  headers: Record<string, string | string[]>;
  body: string;
}

const textOf = (body: Exit['body']): string =>
  body === null || body === undefined ? '' : typeof body === 'string' || Buffer.isBuffer(body) ? body.toString() : JSON.stringify(body);

function headOf(exit: Exit | undefined, answer: FakeAnswer, exchange: Exchange): ResponseHead {
  const head = exit ? responseHead(exit.status, {}, 'exit') : responseHead(answer.status ?? 200, answer.headers ?? {});
  for (const [name, value] of exchange.responseHeaders.entries()) head.headers.add(name, value);
  for (const [name, value] of Object.entries(exit?.headers ?? {})) {
    head.headers.remove(name.toLowerCase());
    for (const one of [value].flat()) head.headers.add(name, String(one));
  }
  return head;
}

/** Takes one request through access, header filter, body filter and log of one plugin. */
export async function runThrough(plugin: PluginInstance, exchange: Exchange, answer: FakeAnswer = {}): Promise<Finished> {
  const exit = await plugin.access?.(exchange);
  const head = headOf(exit, answer, exchange);
  plugin.headerFilter?.(exchange, head);
  const pieces = exit ? [textOf(exit.body)] : [answer.body ?? ''].flat();
  const sent = pieces.map((piece, i) => {
    const chunk = Buffer.from(piece);
    return plugin.bodyFilter ? plugin.bodyFilter(exchange, chunk, i === pieces.length - 1) : chunk;
  });
  const body = Buffer.concat(sent).toString();
  plugin.log?.(exchange, outcome({ status: head.status, source: head.source, bytesOut: body.length }));
  return { exit, status: head.status, headers: plainHeaders(head.headers), body };
}

/** An outcome for the log phase. */
export function outcome(fields: Partial<Outcome> = {}): Outcome {
  return {
    status: 200,
    source: 'service',
    totalMs: 10,
    upstreamMs: 8,
    gatewayMs: 1,
    bytesIn: 100,
    bytesOut: 200,
    aborted: false,
    tries: [{ ip: '127.0.0.1', port: 9000, startedAt: 1_700_000_000_001, failed: null }],
    ...fields,
  };
}

/** What was seen of a request, in the form in which recordings keep it: names sorted, volatile parts left out. */
import { createHash } from 'node:crypto';
import type { HeaderLines, Observation, RequestItem } from './case-file.js';
import type { Answered } from './client.js';
import { scrub } from './macros.js';
import type { Received } from './upstreams.js';

/** What a run must know to take its own traces out. */
export interface Run {
  readonly nonce: string;
  readonly port: number;
}

type HeaderMap = Record<string, string | string[]>;

const VOLATILE = new Set([
  'date',
  'server',
  'via',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'x-kong-request-id',
  ...['upstream', 'proxy', 'response', 'total', 'third-party', 'client'].map((what) => `x-kong-${what}-latency`),
]);
/** Kept on request, but only their presence. */
const PRESENCE_ONLY = /^(date|x-kong-.*latency|x-kong-request-id)$/;
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const HASHED_BYTES = 2000;
const JSON_BYTES = 5000;

function headerValue(key: string, raw: string, item: RequestItem, run: Run): string {
  if (item.keep?.includes(key) && PRESENCE_ONLY.test(key)) return '*';
  const value = scrub(raw, run.nonce);
  if (key === 'x-forwarded-port' && value === String(run.port)) return '{{port}}';
  if (key === 'x-credential-identifier' && UUID_V4.test(value)) return '{{uuid}}';
  const pattern = item.patterns?.[key];
  return pattern !== undefined && new RegExp(pattern).test(value) ? `~${pattern}` : value;
}

function headersOf(lines: HeaderLines, item: RequestItem, run: Run, alsoDropped: readonly string[] = []): HeaderMap {
  const found = new Map<string, string[]>();
  for (const [name, raw] of lines) {
    const key = name.toLowerCase();
    const dropped = VOLATILE.has(key) || alsoDropped.includes(key) || item.ignore?.includes(key);
    if (dropped && !item.keep?.includes(key)) continue;
    found.set(key, [...(found.get(key) ?? []), headerValue(key, raw, item, run)]);
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, values]) => [key, values.length === 1 ? values[0]! : values]));
}

function jsonOf(text: string): { json: unknown } | null {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return null;
  }
}

function bodyOf(bytes: Buffer, headers: HeaderMap, item: RequestItem, run: Run): unknown {
  if (bytes.length === 0) return null;
  const latin1 = bytes.toString('latin1');
  const pattern = item.patterns?.['body'];
  if (pattern !== undefined && new RegExp(pattern).test(latin1)) return { text: `~${pattern}` };
  if (bytes.length <= JSON_BYTES && String(headers['content-type']).includes('json')) {
    const json = jsonOf(scrub(bytes.toString(), run.nonce));
    if (json) return json;
  }
  if (bytes.length > HASHED_BYTES || /[^\t\r\n\x20-\x7e]/.test(latin1)) {
    return { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  return { text: scrub(latin1, run.nonce) };
}

function urlOf(url: string, item: RequestItem, run: Run): string {
  const mark = url.indexOf('?');
  if (!item.sortQuery || mark < 0 || mark === url.length - 1) return scrub(url, run.nonce);
  const query = url
    .slice(mark + 1)
    .split('&')
    .sort()
    .join('&');
  return scrub(`${url.slice(0, mark)}?${query}`, run.nonce);
}

function upstreamOf(received: Received, item: RequestItem, run: Run): Observation {
  const [method, url = '', version] = received.start.split(' ');
  const headers = headersOf(received.headers, item, run, ['content-length']);
  return {
    port: item.anyPort ? 'any' : received.port,
    method,
    url: urlOf(url, item, run),
    headers,
    ...(version !== 'HTTP/1.1' && { version }),
    ...(received.body.length > 0 && { body: bodyOf(received.body, headers, item, run) }),
    ...(received.trailers.length > 0 && { trailers: received.trailers }),
    ...(received.truncated && { truncated: true }),
  };
}

/** Error bodies carry the request's id, so their length says nothing. */
function carriesRequestId(body: unknown): boolean {
  return /request_?id(":"|: |>)\*/.test(JSON.stringify(body ?? '').replaceAll('\\"', '"'));
}

/** The normal form of an answer and of the requests that upstreams got for it. */
export function observe(answered: Answered, received: readonly Received[], item: RequestItem, run: Run): Observation {
  const headers = headersOf(answered.headers, item, run);
  const body = item.body === 'any' ? 'any' : bodyOf(answered.body, headers, item, run);
  if (carriesRequestId(body)) delete headers['content-length'];
  return {
    status: answered.status,
    headers,
    body,
    ...(answered.interim.length > 0 && { interim: answered.interim }),
    ...(answered.trailers.length > 0 && { trailers: answered.trailers }),
    ...(answered.tunnel !== undefined && { tunnel: answered.tunnel }),
    ...(answered.closes !== undefined && { closes: answered.closes }),
    ...(answered.streamed !== undefined && { streamed: answered.streamed }),
    ...(answered.truncated && { truncated: true }),
    upstream: item.upstream === 'any' ? 'any' : received.map((one) => upstreamOf(one, item, run)),
  };
}

/** Totals of many requests: how often each status was answered, and each port asked. */
export function tallyOf(answers: readonly Answered[], received: readonly Received[]): Observation {
  const count = (keys: readonly (string | number)[]): Record<string, number> => {
    const totals: Record<string, number> = {};
    for (const key of keys) totals[key] = (totals[key] ?? 0) + 1;
    return totals;
  };
  return { statuses: count(answers.map(({ status }) => status)), ports: count(received.map(({ port }) => port)) };
}

/** Which headers of a first answer are given again. */
import type { HeaderPairs } from '@gatehouse/policy';

/**
 * Not those of one connection (RFC 9110 section 7.6.1), nor what is about one request alone: its date, ids, limits, and what CORS said
 * to the origin that asked first.
 */
const DROPPED = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'server',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-request-id',
]);

const DROPPED_PREFIXES = ['access-control-', 'x-ratelimit-', 'x-kong-'];

/** Lower-case names that a Connection header takes out as well. */
function perConnection(headers: HeaderPairs): string[] {
  return headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((name) => name.trim().toLowerCase()));
}

/** The lines that are kept with an answer, in order. */
export function keptHeaders(headers: HeaderPairs): HeaderPairs {
  const named = perConnection(headers);
  return headers.filter(([name]) => {
    const key = name.toLowerCase();
    return !DROPPED.has(key) && !named.includes(key) && !DROPPED_PREFIXES.some((prefix) => key.startsWith(prefix));
  });
}

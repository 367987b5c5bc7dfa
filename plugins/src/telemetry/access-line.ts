/** The access log's line: one JSON object per request. */
import { type Facts, isSensitive, type Outcome, type RequestContext, redactPath, redactUrl } from '@gatehouse/policy';

/** Characters of an address that are logged. */
const URL_MAX = 2048;
const REQUEST_ID = /^[\w.:-]{1,128}$/;

function levelOf(status: number): 'info' | 'warn' | 'error' {
  if (status >= 500) return 'error';
  return status === 429 ? 'warn' : 'info';
}

/** The id that the client knows, when it is one; else the gateway's own. */
function requestIdOf(facts: Facts): string {
  const sent = facts.header('x-request-id');
  return sent !== undefined && REQUEST_ID.test(sent) && !isSensitive(sent) ? sent : facts.requestId;
}

function userOf({ identity }: RequestContext): string | null {
  if (identity === null) return null;
  return isSensitive(identity.subject) ? '[redacted]' : identity.subject;
}

/**
 * @param service what the line says it is from
 * @param now Unix milliseconds
 * @returns JSON with no line break in it
 */
export function accessLine(service: string, facts: Facts, context: RequestContext, outcome: Outcome, now: number): string {
  const { method, rawPath, rawQuery, requestId } = facts;
  const path = rawPath.length > URL_MAX ? rawPath.slice(0, URL_MAX) : rawPath;
  const query = path.length + rawQuery.length > URL_MAX ? '' : rawQuery;
  return JSON.stringify({
    timestamp: new Date(now).toISOString(),
    level: levelOf(outcome.status),
    service,
    message: `HTTP: ${method} ${redactPath(path)} ${outcome.status}`,
    method,
    url: redactUrl(path, query),
    statusCode: outcome.status,
    duration: Math.round(outcome.totalMs * 100) / 100,
    userId: userOf(context),
    traceId: facts.traceId ?? requestId,
    requestId: requestIdOf(facts),
    ip: facts.clientIp,
    route: facts.route,
  });
}

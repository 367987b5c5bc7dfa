/** Hands on what Kong's Lua tells of requests to the policies that wait for it. */
import type { AnswerSource, HeadOutcome, KeptAnswer, Outcome, UpstreamFailure } from '@gatehouse/policy';
import type { PendingRequests } from './pending.js';

type HeadLine = readonly [status: number, source: AnswerSource, failure: UpstreamFailure | null, upstreamMs: number | null];
type EndLine = readonly [
  ...HeadLine,
  totalMs: number,
  gatewayMs: number,
  bytesIn: number,
  bytesOut: number,
  aborted: boolean,
  answer: readonly [headers: readonly (readonly [string, string])[], body: string | null] | null,
];

/** A line's members and the request that it is about, which stands last; null for what is no such line. */
function read(json: string, members: number): { line: readonly unknown[]; requestId: string } | null {
  try {
    const line: unknown = JSON.parse(json);
    if (!Array.isArray(line) || line.length !== members + 1) return null;
    const requestId: unknown = line[members];
    return typeof requestId === 'string' && typeof line[0] === 'number' ? { line, requestId } : null;
  } catch {
    return null;
  }
}

function headOf([status, source, failure, upstreamMs]: HeadLine): HeadOutcome {
  return { status, source, failure, upstreamMs };
}

function answerOf(answer: EndLine[9]): KeptAnswer | null {
  if (answer === null) return null;
  const [headers, body] = answer;
  return { headers: Array.isArray(headers) ? headers : [], body: body === null ? null : Buffer.from(body, 'base64') };
}

/** The answer's headers are there. Lines of requests that nobody knows any more say nothing. */
export function tellHead(pending: PendingRequests, json: string, now: number): void {
  const told = read(json, 4);
  const request = told && pending.get(told.requestId);
  if (!request) return;
  const { chain } = request.chain;
  chain.answered(request.facts, request.context, headOf(told.line as HeadLine), now);
  if (chain.needs.outcome === 'head') pending.remove(told.requestId);
}

/** The request is over. */
export function tellOutcome(pending: PendingRequests, json: string, now: number): void {
  const told = read(json, 10);
  const request = told && pending.get(told.requestId);
  if (!request) return;
  pending.remove(told.requestId);
  const line = told.line as EndLine;
  const [, , , , totalMs, gatewayMs, bytesIn, bytesOut, aborted, answer] = line;
  const outcome: Outcome = {
    ...headOf(line as unknown as HeadLine),
    totalMs,
    gatewayMs,
    bytesIn,
    bytesOut,
    aborted,
    answer: answerOf(answer),
  };
  request.chain.chain.outcome(request.facts, request.context, outcome, now);
}

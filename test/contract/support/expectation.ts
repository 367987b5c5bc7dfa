import type { Arrival, CaseRequest, Expectation } from './cases.js';
import type { Answer } from './client.js';
import { isPlainObject } from './fill-in.js';

/** What a service got, as far as cases look at it. */
export interface Received {
  service: string;
  method: string;
  url: string;
  headers: Readonly<Record<string, string | readonly string[]>>;
  bodyBytes: number;
  /** The target that got it. */
  port?: number;
}

/** Everything in which an answer, and what the services got, differ from what a case expects; empty when nothing does. */
export function differences(expected: Expectation, request: CaseRequest, answer: Answer, received: readonly Received[]): string[] {
  const found: string[] = [];
  if (!expected.status.includes(answer.status)) found.push(`status: expected ${expected.status.join(' or ')}, got ${answer.status}`);
  found.push(...headerDifferences('header', expected.headers, answer.headers));
  if (expected.text !== undefined && !matches(expected.text, answer.body)) found.push(`body: expected ${expected.text}`);
  if (expected.json !== undefined) found.push(...jsonDifferences('body', expected.json, parseJson(answer.body)));
  if (expected.reaches !== undefined) found.push(...arrivalDifferences(expected.reaches, request, received));
  return found;
}

function matches(pattern: string, text: string): boolean {
  return pattern.startsWith('~') ? new RegExp(pattern.slice(1), 's').test(text) : pattern === text;
}

function headerDifferences(kind: string, expected: Readonly<Record<string, string | null>>, actual: Received['headers']): string[] {
  return Object.entries(expected).flatMap(([name, pattern]) => {
    const value = actual[name.toLowerCase()];
    const text = value === undefined ? undefined : [value].flat().join(', ');
    if (pattern === null) return text === undefined ? [] : [`${kind} ${name}: expected none, got ${text}`];
    if (text !== undefined && matches(pattern, text)) return [];
    return [`${kind} ${name}: expected ${pattern}, got ${text ?? 'none'}`];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return `(not JSON) ${text.slice(0, 200)}`;
  }
}

/** Objects may have more keys than expected; lists and everything else must be equal. */
function jsonDifferences(path: string, expected: unknown, actual: unknown): string[] {
  if (typeof expected === 'string' && (typeof actual === 'string' || (typeof actual === 'number' && expected.startsWith('~')))) {
    return matches(expected, String(actual)) ? [] : [`${path}: expected ${expected}, got ${actual}`];
  }
  if (isPlainObject(expected) && isPlainObject(actual)) {
    return Object.entries(expected).flatMap(([key, value]) => jsonDifferences(`${path}.${key}`, value, actual[key]));
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    return expected.flatMap((value, index) => jsonDifferences(`${path}[${index}]`, value, actual[index]));
  }
  return Object.is(expected, actual) ? [] : [`${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`];
}

/**
 * In what a request's line in the access log, and all that a plane wrote, differ from what is expected; null while the line is not there.
 * @param requestId as the answer's X-Request-Id says
 */
export function logDifferences(expected: NonNullable<Expectation['log']>, requestId: string, output: string): string[] | null {
  const line = output
    .split('\n')
    .find((text) => text.includes(`"requestId":${JSON.stringify(requestId)}`) && text.includes('"statusCode":'));
  if (line === undefined) return null;
  const leaks = expected.lacks.filter((text) => output.includes(text));
  return [...jsonDifferences('log', expected.line, parseJson(line)), ...leaks.map((text) => `log: ${text} stands in it`)];
}

function arrivalDifferences(expected: readonly Arrival[], request: CaseRequest, received: readonly Received[]): string[] {
  const found: string[] = [];
  const names = new Set([...expected, ...received].map((one) => one.service));
  for (const name of names) {
    const times = expected.find((one) => one.service === name)?.times ?? [0];
    const got = received.filter((one) => one.service === name);
    if (!times.includes(got.length))
      found.push(`${name}: expected ${times.join(' or ')} requests, got ${got.length} ${got.map((one) => `${one.method} ${one.url}`)}`);
  }
  for (const one of expected) {
    for (const got of received) if (got.service === one.service) found.push(...requestDifferences(one, request, got));
  }
  return found;
}

function requestDifferences(expected: Arrival, request: CaseRequest, got: Received): string[] {
  const found: string[] = [];
  const method = expected.method ?? request.method;
  const url = expected.url ?? request.path;
  if (got.method !== method) found.push(`${got.service}: expected method ${method}, got ${got.method}`);
  if (!matches(url, got.url)) found.push(`${got.service}: expected ${url}, got ${got.url}`);
  if (expected.bytes !== undefined && expected.bytes !== got.bodyBytes) found.push(`${got.service}: got ${got.bodyBytes} bytes of body`);
  return [...found, ...headerDifferences(`${got.service} got header`, expected.headers, got.headers)];
}

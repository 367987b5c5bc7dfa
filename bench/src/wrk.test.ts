import { describe, expect, test } from '@jest/globals';
import type { Exam } from './types.js';
import { assertClean, parseWrk } from './wrk.js';

const printed = (more = ''): string => `Running 4s test @ http://127.0.0.1:8000/orders/42
  1 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.05ms  220.10us   9.61ms   91.02%
    Req/Sec    46.12k     1.20k   48.00k    72.50%
  Latency Distribution
     50%  980.00us
     75%    1.17ms
     90%    1.40ms
     99%    1.02s
  183541 requests in 4.01s, 225.30MB read
${more}Requests/sec:  45770.82
Transfer/sec:     56.18MB
`;
const exam: Exam = { path: '/', headers: {}, status: 200, body: 'x'.repeat(1024) };

describe('parseWrk', () => {
  test('reads counts and turns every unit into milliseconds, seconds and bytes', () => {
    const report = parseWrk(printed());
    expect(report).toEqual({
      requests: 183541,
      seconds: 4.01,
      bytesRead: 225.3 * 2 ** 20,
      p50Ms: 0.98,
      p99Ms: 1020,
      socketErrors: 0,
      refused: 0,
    });
  });

  test('adds up the kinds of socket errors', () => {
    expect(parseWrk(printed('  Socket errors: connect 1, read 2, write 3, timeout 4\n')).socketErrors).toBe(10);
  });

  test('refuses a report that lacks a figure', () => {
    expect(() => parseWrk('unable to connect')).toThrow(/no line like/);
  });
});

describe('assertClean', () => {
  const clean = parseWrk(printed());

  test('accepts what the exam wants', () => {
    expect(() => assertClean(clean, exam)).not.toThrow();
    expect(() => assertClean({ ...clean, refused: clean.requests }, { ...exam, status: 429 })).not.toThrow();
  });

  test.each([
    ['no answer', { requests: 0 }, exam, /not one request/],
    ['a time-out', { socketErrors: 1 }, exam, /failed or timed out/],
    ['one refusal', { refused: 1 }, exam, /another status than 200/],
    ['a pass where all must be refused', { refused: 183540 }, { ...exam, status: 401 }, /1 of 183541/],
    ['short bodies', { bytesRead: 1000 }, exam, /shorter than the body/],
  ])('refuses %s', (_what, change, wanted, message) => {
    expect(() => assertClean({ ...clean, ...change }, wanted)).toThrow(message);
  });
});

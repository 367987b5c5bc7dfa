import { describe, expect, test } from '@jest/globals';
import { defaults, isFullRun, parseOptions } from './options.js';

describe('parseOptions', () => {
  test('nothing given is a full run of the bare proxy', () => {
    const options = parseOptions({});
    expect(options).toEqual({ scenario: 'bare-proxy', settings: defaults, only: null, out: null });
    expect(isFullRun(options)).toBe(true);
  });

  test('reads what is given; empty counts as not given', () => {
    const options = parseOptions({ SCENARIO: 'x', ROUNDS: '9', BENCH_SECONDS: '10', ONLY: 'envoy, nginx', OUT: '' });
    expect(options).toMatchObject({ scenario: 'x', settings: { rounds: 9, secondsPerRound: 10 }, only: ['envoy', 'nginx'], out: null });
  });

  test.each(['0', '-1', '1.5', 'many', '1e9'])('refuses %s rounds', (text) => {
    expect(() => parseOptions({ ROUNDS: text })).toThrow(/ROUNDS: a whole number/);
  });

  test.each([{ ROUNDS: '2' }, { BENCH_SECONDS: '1' }, { ONLY: 'envoy' }, { CONNECTIONS: '10' }])(
    '%j does not replace published figures',
    (env) => {
      expect(isFullRun(parseOptions(env))).toBe(false);
    },
  );
});

import { fakeEffects } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { ProviderEnds } from './provider-ends.js';

function setup(works: () => boolean) {
  const effects = fakeEffects();
  const tried: string[] = [];
  const end = async (token: string): Promise<void> => {
    tried.push(token);
    if (!works()) throw new Error('away');
  };
  let failures = 0;
  const failed = async (): Promise<void> => void failures++;
  return { effects, tried, ends: new ProviderEnds(end, effects), failed, failures: () => failures };
}

describe('sessions that end at the provider', () => {
  test('are told once when that works', async () => {
    const { effects, tried, ends, failed, failures } = setup(() => true);
    ends.add('t', failed);
    await ends.settled();
    await effects.clock.advance(600_000);
    expect([tried, failures()]).toEqual([['t'], 0]);
  });

  test('are told again while it is away, five times in all, and what follows from a failure happens once', async () => {
    const { effects, tried, ends, failed, failures } = setup(() => false);
    ends.add('t', failed);
    await ends.settled();
    for (const ms of [1000, 5000, 30_000, 120_000, 600_000]) await effects.clock.advance(ms);
    expect([tried.length, failures()]).toEqual([5, 1]);
    expect(effects.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(effects.clock.waiting).toBe(0);
  });

  test('that wait are bounded', async () => {
    const { effects, ends, failed } = setup(() => false);
    for (let i = 0; i < 1200; i++) ends.add(`t${i}`, failed);
    await ends.settled();
    await effects.clock.advance(0);
    expect(effects.clock.waiting).toBe(1000);
  });
});

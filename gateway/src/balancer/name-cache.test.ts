import { describe, expect, test } from '@jest/globals';
import { environmentWith } from './environment.js';
import { DnsError, NameCache, type NameEntry } from './name-cache.js';
import { settled } from './testing/fake-clock.js';
import { FakeWorld } from './testing/fake-world.js';

function setUp(): { world: FakeWorld; names: NameCache } {
  const world = new FakeWorld();
  return { world, names: new NameCache(environmentWith(world.environment())) };
}

function ips(entry: NameEntry): string[] {
  return entry.answer?.records.map(({ ip }) => ip) ?? [];
}

const failed = new DnsError('DNS_FAILED', 'no server');
const gone = new DnsError('DNS_NOT_FOUND', 'no such name');

describe('NameEntry', () => {
  test('look-ups of one name at the same time are one', async () => {
    const { world, names } = setUp();
    world.set('a', ['10.0.0.1']);
    await Promise.all([names.entry('a').refresh(), names.entry('A').refresh(), names.entry('a').refresh()]);
    expect(world.lookUps).toEqual(['a']);
  });

  test('is due when its time is over, but never sooner than after a second', async () => {
    const { world, names } = setUp();
    world.set('a', ['10.0.0.1'], 0);
    const entry = names.entry('a');
    await entry.refresh();
    expect(entry.isDue(world.clock.now() + 999)).toBe(false);
    expect(entry.isDue(world.clock.now() + 1000)).toBe(true);
  });

  test('a failing resolver leaves the old answer for an hour, and is asked ever more rarely', async () => {
    const { world, names } = setUp();
    world.set('a', ['10.0.0.1'], 1000);
    const entry = names.entry('a');
    const seen: string[][] = [];
    entry.watch(() => seen.push(ips(entry)));
    await settled();
    world.names.set('a', failed);
    await world.clock.advance(60_000);
    expect(ips(entry)).toEqual(['10.0.0.1']);
    expect(world.lookUps.length).toBeLessThan(10);
    await world.clock.advance(3_600_000);
    expect(ips(entry)).toEqual([]);
    world.set('a', ['10.0.0.2']);
    await world.clock.advance(31_000);
    expect(seen).toEqual([['10.0.0.1'], [], ['10.0.0.2']]);
  });

  test('a name that does not exist any more loses its answer at once and is asked again soon', async () => {
    const { world, names } = setUp();
    world.set('a', ['10.0.0.1'], 1000);
    const entry = names.entry('a');
    entry.watch(() => {});
    await settled();
    world.names.set('a', gone);
    await world.clock.advance(2000);
    expect(entry).toMatchObject({ answer: null, error: { code: 'DNS_NOT_FOUND' } });
    world.set('a', ['10.0.0.1']);
    await world.clock.advance(6000);
    expect(ips(entry)).toEqual(['10.0.0.1']);
  });
});

describe('NameEntry under trouble and watched', () => {
  test('a resolver that never answers fails the look-up in the end', async () => {
    const { world, names } = setUp();
    world.names.set('a', null);
    const entry = names.entry('a');
    const looked = entry.refresh();
    await world.clock.advance(8000);
    await looked;
    expect(entry).toMatchObject({ settled: true, error: { code: 'DNS_FAILED' } });
  });

  test('tells watchers of changes only, and order is no change', async () => {
    const { world, names } = setUp();
    const entry = names.entry('a');
    let told = 0;
    world.set('a', ['10.0.0.1', '10.0.0.2'], 1000);
    const unwatch = entry.watch(() => told++);
    await world.clock.advance(100);
    world.set('a', ['10.0.0.2', '10.0.0.1'], 1000);
    await world.clock.advance(2000);
    expect(told).toBe(1);
    world.set('a', ['10.0.0.3'], 1000);
    await world.clock.advance(2000);
    expect(told).toBe(2);
    unwatch();
    expect(world.clock.waiting).toBe(0);
  });

  test('an answer that is fresh is not looked up again for a new watcher', async () => {
    const { world, names } = setUp();
    world.set('a', ['10.0.0.1']);
    await names.entry('a').refresh();
    names.entry('a').watch(() => {});
    await world.clock.advance(10_000);
    expect(world.lookUps).toHaveLength(1);
    await world.clock.advance(21_000);
    expect(world.lookUps).toHaveLength(2);
  });
});

describe('NameCache', () => {
  test('close ends look-ups and timers', async () => {
    const { world, names } = setUp();
    world.names.set('slow', null);
    world.set('a', ['10.0.0.1']);
    names.entry('a').watch(() => {});
    const slow = names.entry('slow').refresh();
    await settled();
    names.close();
    await slow;
    await settled();
    expect(world.clock.waiting).toBe(0);
  });

  test('forgets the oldest name that nobody watches', () => {
    const { names } = setUp();
    const watched = names.entry('watched');
    watched.watch(() => {});
    const first = names.entry('first');
    for (let i = 0; i < 10_000; i++) names.entry(`n${i}`);
    expect(names.entry('watched')).toBe(watched);
    expect(names.entry('first')).not.toBe(first);
  });
});

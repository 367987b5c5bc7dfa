import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Child, type Part, restartDelayMs, Supervisor, type SupervisorWorld } from './supervisor.js';

class FakeChild implements Child {
  readonly pid = 7;
  readonly signals: string[] = [];
  #listener: (how: string) => void = () => undefined;

  constructor(readonly part: Part) {}
  kill(signal: string): void {
    this.signals.push(signal);
    if (signal === 'SIGKILL') this.end('by SIGKILL');
  }
  onExit(listener: (how: string) => void): void {
    this.#listener = listener;
  }
  end(how: string): void {
    const listener = this.#listener;
    this.#listener = () => undefined;
    listener(how);
  }
}

class FakeWorld implements SupervisorWorld {
  readonly children: FakeChild[] = [];
  readonly lines: string[] = [];
  #timers: { at: number; run: () => void }[] = [];
  #now = 0;

  spawn(part: Part): Child {
    const child = new FakeChild(part);
    this.children.push(child);
    return child;
  }
  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  now(): number {
    return this.#now;
  }
  say(part: Part, line: string): void {
    this.lines.push(`${part.name} ${line}`);
  }
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { run } of due) run();
  }
  last(): FakeChild {
    return this.children.at(-1)!;
  }
}

const part = (name: string, stage = 0): Part => ({ name, args: [name], stage });
const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
};

let world: FakeWorld;
let supervisor: Supervisor;

beforeEach(() => {
  world = new FakeWorld();
  supervisor = new Supervisor(world);
});

describe('a crash', () => {
  test('before the part was ready fails the start', async () => {
    supervisor.start(part('gateway'));
    world.last().end('with code 1');
    await expect(supervisor.failure).rejects.toThrow('gateway ended with code 1 before it was ready');
    world.advance(60_000);
    expect(world.children).toHaveLength(1);
  });

  test('later is mended, each time after a longer pause', () => {
    supervisor.start(part('mocks'));
    supervisor.markReady('mocks');
    for (const delayMs of [250, 500, 1000, 2000]) {
      const before = world.children.length;
      world.last().end('by SIGKILL');
      world.advance(delayMs - 1);
      expect(world.children).toHaveLength(before);
      world.advance(1);
      expect(world.children).toHaveLength(before + 1);
    }
    expect(world.lines[0]).toBe('mocks ended by SIGKILL: starting it again in 250 ms');
  });

  test('after a steady time counts as the first', () => {
    supervisor.start(part('mocks'));
    supervisor.markReady('mocks');
    world.last().end('with code 1');
    world.advance(250);
    world.advance(20_000);
    world.last().end('with code 1');
    expect(world.lines.at(-1)).toContain('in 250 ms');
  });

  test('pauses grow and never pass 30 s', () => {
    fc.assert(
      fc.property(fc.nat(100_000), (n) => {
        const [now, next] = [restartDelayMs(n), restartDelayMs(n + 1)];
        return now >= 250 && next >= now && next <= 30_000;
      }),
    );
  });
});

describe('the end', () => {
  test('comes stage by stage: what takes requests first', async () => {
    supervisor.start(part('mocks', 0));
    supervisor.start(part('gateway', 1));
    const [mocks, gateway] = world.children as [FakeChild, FakeChild];
    let over = false;
    void supervisor.stop().then(() => {
      over = true;
    });
    await settled();
    expect([mocks.signals, gateway.signals]).toEqual([[], ['SIGTERM']]);
    gateway.end('with code 0');
    await settled();
    expect(mocks.signals).toEqual(['SIGTERM']);
    mocks.end('with code 0');
    await settled();
    expect(over).toBe(true);
  });

  test('is forced after 35 s', async () => {
    supervisor.start(part('mocks', 0));
    supervisor.start(part('gateway', 1));
    const over = supervisor.stop();
    await settled();
    world.advance(34_999);
    expect(world.children[1]?.signals).toEqual(['SIGTERM']);
    world.advance(1);
    await over;
    expect(world.children.map(({ signals }) => signals.at(-1))).toEqual(['SIGKILL', 'SIGKILL']);
  });

  test('calls off a restart, and nothing starts afterwards', async () => {
    supervisor.start(part('mocks'));
    supervisor.markReady('mocks');
    world.last().end('with code 1');
    await supervisor.stop();
    world.advance(60_000);
    supervisor.start(part('gateway'));
    expect(world.children).toHaveLength(1);
  });

  test('at once kills all', async () => {
    supervisor.start(part('mocks', 0));
    supervisor.start(part('gateway', 1));
    const over = supervisor.stop();
    await settled();
    supervisor.kill();
    await over;
    expect(world.children.flatMap(({ signals }) => signals)).toContain('SIGKILL');
    expect(world.lines).toEqual([]);
  });

  test('is the same for everyone who asks', () => {
    expect(supervisor.stop()).toBe(supervisor.stop());
  });
});

import { ManualClock } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import type { Sources } from '../reload/sources.js';
import { Channel } from './channel.js';
import type { Loaded } from './messages.js';
import { Supervisor } from './supervisor.js';
import type { Child } from './worker-handle.js';

const sources = (text: string): Sources => ({ file: 'f', text, standard: { cert: '', key: '' } });
const settle = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** A worker in memory: loads what it is given and says what it has. */
class FakeWorker implements Child {
  readonly said: string[] = [];
  private hear: (message: unknown) => void = () => undefined;
  private tell: (code: number | null, signal: string | null) => void = () => undefined;
  private prepared = '';
  has = '';
  deaf = false;
  readonly channel: Channel;

  constructor(
    readonly pid: number,
    clock: ManualClock,
    private readonly refuses: (text: string) => boolean,
  ) {
    const port = {
      send: (message: unknown, sent: (error: null) => void) => {
        this.hear(structuredClone(message));
        sent(null);
      },
    };
    this.channel = new Channel(
      port,
      { cast: (name) => this.cast(name), call: (...asked) => this.call(...asked), stuck: () => undefined },
      clock,
    );
  }

  async begin(): Promise<void> {
    let { version, text } = (await this.channel.call('begin', null, 1000)) as { version: number; text: string };
    for (;;) {
      this.has = text;
      const said = (await this.channel.call('loaded', version, 1000)) as Loaded;
      if (said.listen) return this.channel.cast('ready', null);
      ({ version, text } = said.edition);
    }
  }

  send(message: unknown, sent: (error: Error | null) => void): void {
    if (!this.deaf) this.channel.receive(structuredClone(message));
    sent(null);
  }

  onMessage(heard: (message: unknown) => void): void {
    this.hear = heard;
  }

  onExit(ended: (code: number | null, signal: string | null) => void): void {
    this.tell = ended;
  }

  kill(signal: string): void {
    this.said.push(signal);
    this.tell(null, signal);
  }

  exit(code: number): void {
    this.tell(code, null);
  }

  private cast(name: string): void {
    this.said.push(name);
    if (name === 'drain') this.exit(0);
  }

  private call(name: string, data: unknown): unknown {
    if (name === 'prepare') {
      const { text } = data as Sources;
      if (this.refuses(text)) return { good: false, faults: [{ file: 'f', path: 'p', message: 'no' }] };
      this.prepared = text;
      return { good: true };
    }
    if (name === 'take') this.has = this.prepared;
    return null;
  }
}

function setup(refuses: (text: string, pid: number) => boolean = () => false) {
  const clock = new ManualClock();
  const born: FakeWorker[] = [];
  const joined: number[] = [];
  const supervisor = new Supervisor(sources('one'), {
    workers: 2,
    log: () => undefined,
    timers: clock,
    now: () => clock.now(),
    fork: () => {
      const pid = born.length + 1;
      const made = new FakeWorker(pid, clock, (text) => refuses(text, pid));
      born.push(made);
      return made;
    },
    hub: () => ({ cast: () => undefined, call: () => null }),
    beginning: (edition) => edition,
    joining: ({ number }) => joined.push(number),
  });
  const startAll = async (): Promise<void> => {
    const started = supervisor.start();
    await Promise.all(born.map((worker) => worker.begin()));
    await started;
  };
  return { clock, born, joined, supervisor, startAll };
}

describe('start', () => {
  test('is over when all serve', async () => {
    const { born, joined, supervisor } = setup();
    const started = supervisor.start();
    await born[0]!.begin();
    await settle();
    expect(supervisor.ready).toBe(false);
    await born[1]!.begin();
    await started;
    expect([supervisor.ready, joined]).toEqual([true, [1, 2]]);
  });

  test('fails with the first that ends', async () => {
    const { born, supervisor } = setup();
    const started = supervisor.start();
    born[1]!.exit(3);
    await expect(started).rejects.toMatchObject({ code: 'WORKER_FAILED', message: expect.stringContaining('code 3') });
  });
});

describe('a reload', () => {
  test('is taken by all when all find it good', async () => {
    const { born, supervisor, startAll } = setup();
    await startAll();
    await supervisor.reload(sources('two'));
    expect(born.map(({ has }) => has)).toEqual(['two', 'two']);
  });

  test('is taken by none when one does not', async () => {
    const { born, supervisor, startAll } = setup((text, pid) => text === 'two' && pid === 2);
    await startAll();
    await expect(supervisor.reload(sources('two'))).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    await settle();
    expect(born.map(({ has }) => has)).toEqual(['one', 'one']);
    expect(born[0]!.said).toContain('drop');
  });

  test('is taken by none when one does not answer', async () => {
    const { born, clock, supervisor, startAll } = setup();
    await startAll();
    born[1]!.deaf = true;
    const reloaded = expect(supervisor.reload(sources('two'))).rejects.toMatchObject({ code: 'CHANNEL_NO_ANSWER' });
    await settle();
    await clock.advance(30_000);
    await reloaded;
    expect(born[0]!.has).toBe('one');
  });

  test('while a worker begins: it loads again before it listens', async () => {
    const { born, clock, supervisor, startAll } = setup();
    await startAll();
    born[0]!.exit(1);
    await clock.advance(200);
    const { text, version } = (await born[2]!.channel.call('begin', null, 1000)) as { text: string; version: number };
    await supervisor.reload(sources('two'));
    expect(text).toBe('one');
    expect(await born[2]!.channel.call('loaded', version, 1000)).toMatchObject({ listen: false, edition: { text: 'two' } });
  });
});

describe('a worker that ends', () => {
  test('is replaced, later each time, until one has served for a while', async () => {
    const { born, clock, startAll } = setup();
    await startAll();
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const before = born.length;
      const at = clock.now();
      born.at(-1)!.exit(1);
      while (born.length === before) await clock.advance(100);
      waits.push(clock.now() - at);
    }
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
    await born.at(-1)!.begin();
    await clock.advance(10_000);
    const before = born.length;
    born.at(-1)!.exit(1);
    await clock.advance(100);
    expect(born).toHaveLength(before + 1);
  });

  test('whose loop stands still is ended', async () => {
    const { born, clock, startAll } = setup();
    await startAll();
    born[0]!.deaf = true;
    await clock.advance(5000);
    await settle();
    await clock.advance(30_000);
    expect(born[0]!.said).toContain('SIGKILL');
    expect(born[1]!.said).not.toContain('SIGKILL');
  });

  test('at the end is not replaced', async () => {
    const { born, clock, supervisor, startAll } = setup();
    await startAll();
    expect(await supervisor.end(1000)).toBe(true);
    await clock.advance(60_000);
    expect([born.length, supervisor.ready]).toEqual([2, false]);
  });

  test('and does not end by itself is killed', async () => {
    const { born, clock, supervisor, startAll } = setup();
    await startAll();
    born[0]!.deaf = true;
    const ended = supervisor.end(1000);
    await settle();
    await clock.advance(1000);
    expect(await ended).toBe(false);
    expect(born[0]!.said).toContain('SIGKILL');
  });
});

import { ManualClock } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { Channel, type ChannelHandlers, type Port } from './channel.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const quiet: ChannelHandlers = { cast: () => undefined, call: () => undefined, stuck: () => undefined };

/** Two ends; `messages` counts what went over from the first to the second. */
function pair(handlers: Partial<ChannelHandlers> = {}) {
  const clock = new ManualClock();
  const count = { messages: 0 };
  const ends: Channel[] = [];
  const port = (to: number): Port => ({
    send: (message, sent) => {
      if (to === 1) count.messages++;
      ends[to]!.receive(structuredClone(message));
      sent(null);
    },
  });
  ends.push(new Channel(port(1), quiet, clock), new Channel(port(0), { ...quiet, ...handlers }, clock));
  return { one: ends[0]!, clock, count };
}

/** An end whose other side takes nothing. */
function deaf() {
  const clock = new ManualClock();
  const seen: string[] = [];
  const sent: ((error: Error | null) => void)[] = [];
  const port: Port = { send: (_message, done) => void sent.push(done) };
  return { channel: new Channel(port, { ...quiet, stuck: () => seen.push('stuck') }, clock), clock, seen, sent };
}

describe('a call', () => {
  test('is answered, at once or later', async () => {
    const { one } = pair({ call: (name, data) => (name === 'now' ? data : Promise.resolve(data)) });
    expect(await Promise.all([one.call('now', { a: 1 }, 100), one.call('later', [2], 100)])).toEqual([{ a: 1 }, [2]]);
  });

  test('rejects as the other side did', async () => {
    const { one } = pair({
      call: (name) => {
        if (name === 'throws') throw new Error('no');
        return Promise.reject(new Error('never'));
      },
    });
    await expect(one.call('throws', null, 100)).rejects.toThrow('no');
    await expect(one.call('rejects', null, 100)).rejects.toThrow('never');
  });

  test('ends at its deadline, and a late answer changes nothing', async () => {
    const { channel, clock } = deaf();
    const asked = channel.call('x', null, 50);
    const ended = expect(asked).rejects.toMatchObject({ code: 'CHANNEL_NO_ANSWER' });
    await clock.advance(50);
    await ended;
    channel.receive([['answer', 1, 'late']]);
  });

  test('is refused at once when too many have no answer', async () => {
    const { channel } = deaf();
    const asked = Array.from({ length: 10_000 }, () => channel.call('x', null, 50).catch(() => 'gone'));
    await expect(channel.call('x', null, 50)).rejects.toThrow('too many');
    channel.close();
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['gone']));
  });
});

describe('casts', () => {
  test('of one turn are one message, in order', async () => {
    const heard: unknown[] = [];
    const { one, count } = pair({ cast: (_name, data) => heard.push(data) });
    for (let i = 0; i < 100; i++) one.cast('n', i);
    await nextTurn();
    expect(heard).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(count.messages).toBe(1);
  });

  test('that may be lost are dropped beyond 16 MiB on their way', async () => {
    const { channel, sent } = deaf();
    const dropped = Array.from({ length: 20 }, () => channel.castSpare('big', null, 1024 * 1024)).filter((kept) => !kept);
    expect(dropped).toHaveLength(4);
    await nextTurn();
    sent[0]!(null);
    expect(channel.castSpare('big', null, 1024 * 1024)).toBe(true);
  });

  test('that must arrive and are not taken: the other side is stuck', async () => {
    const { channel, seen } = deaf();
    for (let i = 0; i < 30_000; i++) channel.cast('n', i);
    expect(seen).toEqual(['stuck']);
    await expect(channel.call('x', null, 50)).rejects.toThrow('closed');
  });
});

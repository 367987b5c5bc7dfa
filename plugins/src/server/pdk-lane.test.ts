import { describe, expect, test } from '@jest/globals';
import { MessageStream, type Packed } from './msgpack.js';
import { PdkLane } from './pdk-lane.js';
import { factsLine, laneStore, policiesText, STAMP } from './testing/lane.js';

type Reply = { error: string | null; result: Record<string, unknown> };

function start(firstId = 7000) {
  const { store, effects } = laneStore();
  let underWay = 0;
  const lane = new PdkLane({
    store,
    serves: (name) => name === 'gatehouse' || name === 'probe',
    log: effects.log,
    admit: () => {
      underWay++;
      return true;
    },
    done: () => void underWay--,
    now: effects.now,
    firstId,
  });
  let messageId = 0;
  const call = async (method: string, argument: Packed): Promise<Reply> => {
    const found: Packed[] = [];
    const stream = new MessageStream(1 << 20);
    lane.message([0, ++messageId, `plugin.${method}`, [argument]], (frame) =>
      stream.push(Buffer.from(frame, 'latin1'), (message) => found.push(message)),
    );
    for (let i = 0; i < 20; i++) await Promise.resolve();
    const [type, id, error, result] = (found[0] ?? []) as Packed[];
    expect([found.length, type, id]).toEqual([1, 1, messageId]);
    return { error: error as string | null, result: result as Record<string, unknown> };
  };
  const config = (does: object): string => JSON.stringify({ system: 'gongbu', policies: policiesText(does), __plugin_id: 'p', __seq__: 3 });
  const instance = async (does: object): Promise<number> =>
    (await call('StartInstance', { Name: 'gatehouse', Config: config(does) })).result['Id'] as number;
  const event = (id: number): Promise<Reply> => call('HandleEvent', { InstanceId: id, EventName: 'access' });
  const step = (id: number, data: Packed): Promise<Reply> => call('Step', { EventId: id, Data: data });
  return { lane, effects, call, instance, event, step, underWay: () => underWay };
}

const ret = (id: number) => ({ error: null, result: { Data: 'ret', EventId: id } });

describe('the PDK lane', () => {
  test('a fused route: one read, one write', async () => {
    const kong = start();
    const id = await kong.instance({ does: 'pass' });
    expect(id).toBe(7000);
    const first = await kong.event(id);
    expect(first.result).toMatchObject({ Data: { Method: 'kong.gw.facts', Args: [expect.stringContaining('x-probe'), ''] }, EventId: id });
    const second = await kong.step(id, `F ${factsLine()}\n${STAMP}`);
    expect(second.result).toEqual({ Data: { Method: 'kong.gw.commit', Args: ['p', 'p.3'] }, EventId: id });
    expect(await kong.step(id, true)).toEqual(ret(id));
    expect(await kong.step(id, null)).toEqual(ret(id));
  });

  test('a refusal goes out with its body', async () => {
    const kong = start();
    const id = await kong.instance({ does: 'deny' });
    const { result } = await kong.step(id, `F ${factsLine()}\n${STAMP}`);
    const [text] = (result['Data'] as { Args: string[] }).Args;
    expect(text).toMatch(/^\{"status":403.*\}\n\{"statusCode":403/);
  });

  test('binary bodies come through both ways', async () => {
    const kong = start();
    const id = await kong.instance({ does: 'echo', body: 1000 });
    const body = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
    const { result } = await kong.step(id, `F ${factsLine({ body: 256 })}\n${body}${STAMP}`);
    const [text = ''] = (result['Data'] as { Args: string[] }).Args;
    expect(text.slice(text.indexOf('\n') + 1)).toBe(body);
  });

  test('policies that stand alone: Kong names their set, and tells it once', async () => {
    const kong = start();
    const { result } = await kong.call('StartInstance', { Name: 'probe', Config: '{"does":"deny"}' });
    const id = result['Id'] as number;
    expect((await kong.event(id)).result['Data']).toMatchObject({ Method: 'kong.gw.chain' });
    expect((await kong.step(id, 'Cset')).result['Data']).toMatchObject({ Method: 'kong.gw.configs' });
    const configs = { id: 'set', system: 'gongbu', policies: [{ name: 'probe', config: { does: 'deny', __key__: 'k', route_id: null } }] };
    const told = await kong.step(id, `J${JSON.stringify(configs)}`);
    expect(told.result['Data']).toMatchObject({ Method: 'kong.gw.facts', Args: [expect.any(String), 'set'] });
    expect((await kong.step(id, 'Cset')).result['Data']).toMatchObject({ Method: 'kong.gw.facts' });
    const decided = await kong.step(id, `Fset ${factsLine()}\n${STAMP}`);
    expect(decided.result['Data']).toMatchObject({ Method: 'kong.gw.commit', Args: [expect.stringContaining('403'), 'set'] });
    expect(await kong.step(id, 'D')).toEqual(ret(id));
  });

  test("another process's ids mean nothing here", async () => {
    const kong = start();
    expect((await kong.event(42)).error).toBe('no plugin instance 42');
    expect(await kong.step(42, `F ${factsLine()}\n${STAMP}`)).toEqual(ret(42));
  });

  test('a closed instance, and one that nobody used for long, start again', async () => {
    const kong = start();
    const [closed, idle] = [await kong.instance({ does: 'pass' }), await kong.instance({ does: 'pass' })];
    await kong.event(closed);
    await kong.call('CloseInstance', closed);
    // What is under way there ends as it began.
    expect((await kong.step(closed, `F ${factsLine()}\n${STAMP}`)).result['Data']).toMatchObject({ Method: 'kong.gw.commit' });
    kong.lane.sweep(kong.effects.now() + 2 * 60 * 60_000);
    for (const id of [closed, idle]) expect((await kong.event(id)).error).toMatch(/^no plugin instance/);
    expect(kong.lane.instanceCount).toBe(0);
  });

  test.each(['throw', 'hang'])('a policy that does "%s" is 503', async (does) => {
    const kong = start();
    const id = await kong.instance({ does });
    const found: string[] = [];
    kong.lane.message([0, 99, 'plugin.Step', [{ EventId: id, Data: `F ${factsLine()}\n${STAMP}` }]], (frame) => found.push(frame));
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await kong.effects.clock.advance(200);
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(found.join('')).toContain('"status":503');
    expect(kong.underWay()).toBe(0);
  });

  test('facts that are none end the event without a decision', async () => {
    const kong = start();
    const id = await kong.instance({ does: 'pass' });
    for (const data of ['F', 'F \n', 'F []\n', 'F {}\n', 'Fnone x\n', 'X', '']) expect(await kong.step(id, data)).toEqual(ret(id));
    expect(kong.underWay()).toBe(0);
  });

  test.each([
    ['StartInstance', { Name: 'other', Config: '{}' }, 'there is no plugin "other"'],
    ['StartInstance', { Name: 'gatehouse', Config: '{}' }, 'expected system and policies'],
    ['StartInstance', { Name: 'gatehouse', Config: 'x' }, 'no JSON'],
    ['Nothing', null, 'no method'],
  ])('%s %j is refused', async (method, argument, message) => {
    expect((await start().call(method, argument)).error).toContain(message);
  });

  test('refusals leave nothing behind', async () => {
    const kong = start();
    const id = await kong.instance({ does: 'deny' });
    for (let i = 0; i < 1000; i++) await kong.step(id, `F ${factsLine()}\n${STAMP}`);
    expect([kong.lane.instanceCount, kong.underWay()]).toEqual([1, 0]);
  });
});

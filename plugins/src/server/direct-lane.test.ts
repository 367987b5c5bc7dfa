import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DirectConnection, DirectFrameError } from './direct-lane.js';
import { factsLine, laneStore, policiesText, STAMP, told } from './testing/lane.js';

function connect(admit = true) {
  const { store, effects } = laneStore();
  const written: string[] = [];
  let underWay = 0;
  const connection = new DirectConnection(
    {
      store,
      log: effects.log,
      admit: () => {
        if (admit) underWay++;
        return admit;
      },
      done: () => void underWay--,
      now: effects.now,
    },
    (text) => written.push(text),
  );
  const settled = async (): Promise<string> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    return written.splice(0).join('');
  };
  return { connection, settled, effects, store, underWay: () => underWay };
}

const definition = (config: object): string => `c1 ${JSON.stringify({ system: 'gongbu', policies: policiesText(config) })}\n`;
const question = (body = '', more = {}): string => `f1 ${body.length} ${STAMP} ${factsLine({ body: body.length, ...more })}\n${body}`;
const send = ({ connection }: { connection: DirectConnection }, text: string): void => connection.push(Buffer.from(text, 'latin1'));

beforeEach(() => void told.splice(0));

describe('the direct lane', () => {
  test('a chain is defined, then judges', async () => {
    const lane = connect();
    send(lane, definition({ does: 'pass' }));
    expect(await lane.settled()).toMatch(/^0 \{"needs":"\{\\"headers\\":\[\\"x-probe\\"\].*"timeout":1000\}\n$/);
    send(lane, question());
    expect(await lane.settled()).toBe('0 p\n');
    expect(lane.underWay()).toBe(0);
  });

  test('a chain that is not known is said to be so', async () => {
    const lane = connect();
    send(lane, question());
    expect(await lane.settled()).toBe('0 u\n');
  });

  test('a refusal has the form of the system', async () => {
    const lane = connect();
    send(lane, definition({ does: 'deny' }) + question());
    const [, answer = ''] = (await lane.settled()).split(/(?<=\n)/);
    expect(answer).toMatch(/^\d+ \{"status":403,"headers":\{"Content-Type":"application\/json/);
  });

  test('what a pass changes; a character that is no byte can not end a text', async () => {
    const lane = connect();
    send(lane, definition({ does: 'headers' }));
    await lane.settled();
    send(lane, question('', { url: '/a?x=1&token=t', header: 'v' }));
    const answer = await lane.settled();
    expect(JSON.parse(answer.slice(3))).toMatchObject({
      remove: ['x-probe'],
      response: [['X-Wide', '\u0122"']],
      query: 'x=1',
      set: [['X-Seen', 'v']],
    });
    expect(answer).not.toMatch(/[^\0-\xff]/);
  });

  test('bodies of any bytes, in any pieces, one question after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 4 }), fc.nat(), async (bodies, cut) => {
        const lane = connect();
        send(lane, definition({ does: 'echo', body: 1000 }));
        await lane.settled();
        const texts = bodies.map((body) => Buffer.from(body).toString('latin1'));
        const all = texts.map((text) => question(text)).join('');
        const at = cut % (all.length + 1);
        send(lane, all.slice(0, at));
        send(lane, all.slice(at));
        const head = '{"status":200,"headers":{"Content-Type":"x/y"}}';
        const wanted = texts.map((text) => `${text.length} ${head}\n${text}`).join('');
        let found = '';
        for (let i = 0; i < 5; i++) found += await lane.settled();
        expect(found).toBe(wanted);
      }),
      { numRuns: 50 },
    );
  });

  test('a body that is too long for the policy is 413', async () => {
    const lane = connect();
    send(lane, definition({ does: 'echo', body: 5 }));
    await lane.settled();
    send(lane, `f1 0 ${STAMP} ${factsLine({ body: 6, here: false })}\n`);
    expect(await lane.settled()).toContain('"status":413');
  });

  test.each(['throw', 'hang'])('a policy that does "%s" is 503', async (does) => {
    const lane = connect();
    send(lane, definition({ does }) + question());
    await lane.settled();
    await lane.effects.clock.advance(200);
    const rest = await lane.settled();
    expect(lane.underWay()).toBe(0);
    expect(does === 'throw' || rest.includes('"status":503')).toBe(true);
  });

  test('nothing is judged when too much is under way, or when the facts are none', async () => {
    const busy = connect(false);
    send(busy, definition({ does: 'pass' }));
    await busy.settled();
    send(busy, question());
    expect(await busy.settled()).toBe('0 e\n');
    const lane = connect();
    send(lane, definition({ does: 'pass' }));
    await lane.settled();
    for (const line of ['f1 0 no\n', 'f1 0 [1]\n', `f1 0 ${STAMP} ${JSON.stringify(Array(18).fill(null))}\n`]) {
      send(lane, line);
      expect(await lane.settled()).toBe('0 e\n');
    }
    expect(lane.underWay()).toBe(0);
  });

  test('a configuration that can not run is refused with its reason', async () => {
    const lane = connect();
    send(lane, definition({ does: 1 }));
    expect(await lane.settled()).toMatch(/probe: does: /);
    send(lane, 'c1 nothing\n');
    expect(await lane.settled()).toBe('0 "no configuration"\n');
  });

  test('outcomes reach the policies of their request, once', async () => {
    const lane = connect();
    send(lane, definition({ does: 'pass', outcome: true }));
    await lane.settled();
    send(lane, question());
    expect(await lane.settled()).toBe('0 p{"track":{"end":true,"answer":100}}\n');
    const id = 'f'.repeat(32);
    const end = JSON.stringify([200, 'service', null, 5, 9, 4, 1, 2, false, [[['A', 'b']], 'aGk='], id]);
    send(lane, `h${JSON.stringify([200, 'service', null, 5, id])}\no${end}\no${end}\noxx\n!\n`);
    expect(await lane.settled()).toBe('0 !\n');
    expect(told).toEqual([
      { status: 200, source: 'service', failure: null, upstreamMs: 5 },
      expect.objectContaining({ totalMs: 9, answer: { headers: [['A', 'b']], body: Buffer.from('hi') } }),
    ]);
    expect(lane.store.pending.size).toBe(0);
  });

  test.each(['x\n', 'f1\n', 'f1 -1 []\n', `f1 ${2 ** 40} []\n`])('%j ends the connection', (line) => {
    expect(() => send(connect(), line)).toThrow(DirectFrameError);
  });
});

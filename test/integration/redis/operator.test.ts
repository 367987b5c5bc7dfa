/** The operator's commands, as an operator types them, on a real Redis; and Redis over TLS. */
import { execFile } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { selfSigned } from '../../../gateway/src/tls/standard-certificate.js';
import { operate } from '../../../plugins/src/operator.js';
import { RedisConnection } from '../../../plugins/src/runtime/redis/index.js';
import { redisStores, type Stores } from '../../../plugins/src/stores/index.js';
import { TestRedis } from '../../support/redis.js';
import { realEffects, settingsOf } from '../../support/redis-world.js';

let server: TestRedis;
let stores: Stores;
let environment: Record<string, string>;

beforeAll(async () => {
  server = await TestRedis.start();
  environment = { GONGBU_REDIS_URL: server.url };
  stores = redisStores('gongbu', settingsOf(server.port), realEffects());
  await stores.settled();
});

afterAll(async () => {
  stores.close();
  await server.kill();
});

const gatehouse = (...[command, ...args]: string[]): Promise<string[]> => operate(command!, args, environment);

describe('limits reset', () => {
  test('forgets what was counted of somebody', async () => {
    const window = { id: 'user/60000|', limit: 1, periodMs: 60_000, sliding: false };
    await stores.limits.take([{ window, subject: 'u1|', cost: 1 }]);
    expect(await gatehouse('limits', 'reset', 'gongbu', 'u1')).toEqual(['1 counter was reset']);
    expect(await gatehouse('limits', 'reset', 'gongbu', 'u1')).toEqual(['0 counters were reset']);
  });

  test.each([
    [['limits']],
    [['limits', 'reset', 'gongbu']],
    [['limits', 'forget', 'gongbu', 'u1']],
    [['breaker', 'open', 'gongbu']],
    [['breaker', 'turn', 'gongbu', 'course']],
    [['breaker', 'open', 'gongbu', 'course', '--for', 'ever']],
    [['breaker', 'open', 'gongbu', 'course', '--fro', '1']],
  ])('%j is told how it is used', async (words) => await expect(gatehouse(...words)).rejects.toThrow(/usage|--for/));

  test('a system with no Redis has nothing to reset', async () => {
    await expect(gatehouse('limits', 'reset', 'interview', 'u1')).rejects.toThrow('no Redis is named for "interview"');
  });
});

describe('breaker', () => {
  test('show, open and close', async () => {
    expect(await gatehouse('breaker', 'show', 'gongbu')).toEqual(['no request has come to a breaker yet']);
    await stores.breakers.register('course');
    expect(await gatehouse('breaker', 'show', 'gongbu')).toEqual(['course  closed']);
    expect(await gatehouse('breaker', 'open', 'gongbu', 'course')).toEqual(['course  open, by an operator, until it is closed']);
    expect(await gatehouse('breaker', 'close', 'gongbu', 'course', '--for', '60')).toEqual(['course  closed, by an operator, for 60 s']);
    expect(await gatehouse('breaker', 'close', 'gongbu', 'course')).toEqual(['course  closed']);
    await expect(gatehouse('breaker', 'open', 'gongbu', 'corse')).rejects.toThrow('there are course');
  });

  test('from a shell, and the process ends', async () => {
    const bin = path.resolve(import.meta.dirname, '../../../bin/gatehouse');
    const { stdout } = await promisify(execFile)(bin, ['breaker', 'show', 'gongbu'], { env: { ...process.env, ...environment } });
    expect(stdout).toBe('course  closed\n');
  });
});

describe('TLS', () => {
  test('a Redis behind TLS is reached when its authority is known, and not when it is not', async () => {
    const pair = await selfSigned(['localhost', '127.0.0.1']);
    const listener = tls.createServer({ cert: pair.cert, key: pair.key }, (socket) => {
      const plain = net.connect(server.port, '127.0.0.1');
      socket.pipe(plain).pipe(socket);
      for (const [end, other] of [[socket, plain] as const, [plain, socket] as const]) {
        end.on('error', () => other.destroy()).on('close', () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as net.AddressInfo;
    const to = (ca: string | null) => new RedisConnection('tls', settingsOf(port, { host: 'localhost', tls: { ca } }), realEffects());
    const [known, unknown] = [to(pair.cert), to(null)];
    expect(await known.command('ping', [], { background: true })).toBe('PONG');
    await expect(unknown.command('ping', [], { background: true })).rejects.toMatchObject({ code: 'REDIS_AWAY' });
    known.close();
    unknown.close();
    await new Promise((resolve) => listener.close(resolve));
  });
});

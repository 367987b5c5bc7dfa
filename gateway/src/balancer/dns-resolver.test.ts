import { describe, expect, test } from '@jest/globals';
import { type DnsApi, SystemResolver } from './dns-resolver.js';

type Answers = Record<string, unknown[] | string>;

/** A DNS of records by `KIND name`; what isn't there is not found, a string is an error code. */
function setUp(answers: Answers, hosts: Record<string, string[]> = {}): { resolver: SystemResolver; asked: string[] } {
  const asked: string[] = [];
  const ask = async <T>(kind: string, name: string): Promise<T[]> => {
    asked.push(`${kind} ${name}`);
    const answer = answers[`${kind} ${name}`] ?? 'ENOTFOUND';
    if (typeof answer === 'string') throw Object.assign(new Error(answer), { code: answer });
    return answer as T[];
  };
  const api: DnsApi = {
    resolve4: (name) => ask('A', name),
    resolve6: (name) => ask('AAAA', name),
    resolveSrv: (name) => ask('SRV', name),
    lookup: (name) => ask('OS', name),
  };
  return { resolver: new SystemResolver({ api, hosts: { lookup: (name) => hosts[name] ?? [] } }), asked };
}

const a = (address: string, ttl = 30): object => ({ address, ttl });
const srv = (name: string, port: number, given: object = {}): object => ({ name, port, priority: 1, weight: 10, ...given });

describe('SystemResolver', () => {
  test('the hosts file comes first', async () => {
    const { resolver, asked } = setUp({}, { localhost: ['127.0.0.1'] });
    const answer = await resolver.resolve('LocalHost', null);
    expect(answer.records).toEqual([{ ip: '127.0.0.1', port: 0, weight: null, name: null }]);
    expect(asked).toEqual([]);
  });

  test('takes all addresses and the shortest time to live', async () => {
    const { resolver } = setUp({ 'A x': [a('10.0.0.1', 30), a('10.0.0.2', 5)] });
    const answer = await resolver.resolve('x', null);
    expect(answer).toMatchObject({ kind: 'A', ttlMs: 5000, records: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] });
  });

  test('SRV records win: ports, weights, lowest priority number only', async () => {
    const records = [srv('n1', 1001), srv('n2', 1002, { weight: 0 }), srv('n3', 1003, { priority: 2 })];
    const { resolver } = setUp({
      'SRV x': records,
      'A x': [a('10.9.9.9')],
      'A n1': [a('10.0.0.1', 7), a('10.0.0.2')],
      'A n2': [a('10.0.0.3')],
    });
    expect(await resolver.resolve('x', null)).toEqual({
      kind: 'SRV',
      ttlMs: 7000,
      records: [
        { ip: '10.0.0.1', port: 1001, weight: 5, name: 'n1' },
        { ip: '10.0.0.2', port: 1001, weight: 5, name: 'n1' },
        { ip: '10.0.0.3', port: 1002, weight: 1, name: 'n2' },
      ],
    });
  });

  test('SRV records whose names lead nowhere, or back, do not count', async () => {
    const { resolver } = setUp({ 'SRV x': [srv('gone', 1), srv('x', 2)], 'A x': [a('10.0.0.1')] });
    expect(await resolver.resolve('x', null)).toMatchObject({ kind: 'A', records: [{ ip: '10.0.0.1' }] });
  });
});

describe('SystemResolver when answers are missing', () => {
  test('the kind that answered last is asked first, the others when it no longer answers', async () => {
    const { resolver, asked } = setUp({ 'A x': [a('10.0.0.1')], 'AAAA y': [a('::1')] });
    await resolver.resolve('x', 'A');
    expect(asked).toEqual(['A x']);
    expect(await resolver.resolve('y', 'AAAA')).toMatchObject({ kind: 'AAAA', records: [{ ip: '::1' }] });
    const later = setUp({ 'SRV x': [srv('n1', 1)], 'A n1': [a('10.0.0.1')] });
    expect(await later.resolver.resolve('x', 'A')).toMatchObject({ kind: 'SRV' });
  });

  test('the operating system is asked at the end', async () => {
    const both = [
      { address: '::1', family: 6 },
      { address: '10.0.0.1', family: 4 },
    ];
    const { resolver } = setUp({ 'OS x': both });
    expect(await resolver.resolve('x', null)).toMatchObject({ kind: 'A', records: [{ ip: '10.0.0.1' }], ttlMs: 10_000 });
  });

  test('tells a name that does not exist from a resolver that failed', async () => {
    await expect(setUp({}).resolver.resolve('x', null)).rejects.toMatchObject({ code: 'DNS_NOT_FOUND' });
    const failing = setUp({ 'A x': 'ETIMEOUT' });
    await expect(failing.resolver.resolve('x', null)).rejects.toMatchObject({ code: 'DNS_FAILED' });
    expect(failing.asked).not.toContain('AAAA x');
    const again = setUp({ 'OS x': 'EAI_AGAIN' });
    await expect(again.resolver.resolve('x', null)).rejects.toMatchObject({ code: 'DNS_FAILED' });
  });

  test('an answer without records is no answer, and one with too many is cut', async () => {
    await expect(setUp({ 'A x': [] }).resolver.resolve('x', null)).rejects.toMatchObject({ code: 'DNS_NOT_FOUND' });
    const many = Array.from({ length: 1000 }, (_, i) => a(`10.0.${i >> 8}.${i & 255}`));
    expect((await setUp({ 'A x': many }).resolver.resolve('x', null)).records).toHaveLength(256);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLogger, type Logger, type LogLevel } from './logger.js';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl';

function recorder(level: LogLevel = 'debug'): { log: Logger; lines: Record<string, unknown>[]; text(): string } {
  const raw: string[] = [];
  const log = createLogger({
    service: 'auth-sidecar',
    level,
    output: { write: (line) => void raw.push(line) },
    now: () => 1_800_000_000_000,
  });
  return {
    log,
    get lines() {
      return raw.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    text: () => raw.join(''),
  };
}

const lineOf = (fields: Record<string, unknown>, message = 'x'): Record<string, unknown> => {
  const one = recorder();
  one.log.info(fields, message);
  return one.lines[0]!;
};

describe('a line', () => {
  test('is one JSON object', () => {
    const one = recorder();
    one.log.child({ requestId: 'r1', traceId: 'a'.repeat(32) }).warn({ statusCode: 429, userId: 'u1' }, 'a\nb');
    expect(one.text().split('\n')).toHaveLength(2);
    expect(one.lines).toEqual([
      {
        timestamp: '2027-01-15T08:00:00.000Z',
        level: 'warn',
        service: 'auth-sidecar',
        message: 'a\nb',
        requestId: 'r1',
        traceId: 'a'.repeat(32),
        statusCode: 429,
        userId: 'u1',
      },
    ]);
  });

  test('is not written below the level', () => {
    const one = recorder('warn');
    one.log.info({}, 'no');
    one.log.debug({}, 'no');
    one.log.error({}, 'yes');
    expect(one.lines.map(({ message }) => message)).toEqual(['yes']);
  });

  test("keeps its own names: a field can't write over them", () =>
    expect(lineOf({ level: 'debug', message: 'm', service: 's', timestamp: 1 }, 'real')).toMatchObject({
      level: 'info',
      message: 'real',
      service: 'auth-sidecar',
      field_level: 'debug',
    }));
});

describe('secrets', () => {
  test.each([
    ['accessToken', 'x'],
    ['refresh_token', 'x'],
    ['Authorization', 'Basic eDp5'],
    ['set-cookie', ['a=b']],
    ['cookie', 'a=b'],
    ['otp', 123456],
    ['client_secret', 'x'],
    ['botToken', 'x'],
    ['code', 'x'],
    ['newPassword', 'x'],
    ['phoneNumber', '+201012345678'],
    ['apiKey', { id: 1 }],
    ['anything', JWT],
    ['to', '+201012345678'],
  ])('a field %s is not shown', (name, value) => {
    expect(lineOf({ [name]: value })[name]).toBe('[redacted]');
    expect(lineOf({ deep: { list: [{ [name]: value }] } })['deep']).toEqual({ list: [{ [name]: '[redacted]' }] });
  });

  test.each([
    [`GET /ws?token=abc&x=1 101`, 'GET /ws?token=[redacted]&x=1 101'],
    [
      'redirect to https://id.example/auth?state=s1&nonce=n1&client_id=c',
      'redirect to https://id.example/auth?state=[redacted]&nonce=[redacted]&client_id=c',
    ],
    ['Authorization: Bearer abcdef.ghi', 'Authorization: Bearer [redacted]'],
    [`token ${JWT}, again`, 'token [redacted], again'],
    ['sent to +201012345678.', 'sent to [redacted].'],
    ['why? because', 'why? because'],
  ])('a message %s', (message, shown) => {
    expect(lineOf({}, message)['message']).toBe(shown);
    expect(lineOf({ reason: message })['reason']).toBe(shown);
    const { message: words, stack } = lineOf({ error: new Error(message) })['error'] as { message: string; stack: string };
    expect(words).toBe(shown);
    expect(stack).toContain(shown);
  });

  test.each([
    [`/reset/${'a1b2'.repeat(8)}/x?lang=ar&otp=123456`, '/reset/[redacted]/x?lang=ar&otp=[redacted]'],
    [
      'https://id.example/realms/r/protocol/openid-connect/auth?code=1',
      'https://id.example/realms/r/protocol/openid-connect/auth?code=[redacted]',
    ],
    ['/users/me', '/users/me'],
  ])('an address %s', (url, shown) => expect(lineOf({ url })['url']).toBe(shown));

  test('no value of a secret field gets into a line, however it is nested', () => {
    const names = fc.constantFrom('token', 'refresh-token', 'Cookie', 'OTP', 'clientSecret', 'code', 'password', 'authorization');
    const secret = fc.record({ name: names, value: fc.constantFrom('s3cr3t', 1234567, ['s3cr3t'], { a: 's3cr3t' }) });
    const wrap = fc.constantFrom<(x: object) => object>(
      (x) => x,
      (x) => ({ a: x }),
      (x) => ({ a: [x] }),
      (x) => ({ error: Object.assign(new Error('x'), x) }),
    );
    fc.assert(
      fc.property(secret, fc.array(wrap, { maxLength: 3 }), ({ name, value }, wraps) => {
        const one = recorder();
        one.log.info(wraps.reduce<object>((inner, next) => next(inner), { [name]: value }) as Record<string, unknown>, 'x');
        expect(one.text()).not.toMatch(/s3cr3t|1234567/);
      }),
    );
  });
});

describe('hostile values', () => {
  test('circles, throwing getters, huge and odd things make a line all the same', () => {
    const circle: Record<string, unknown> = { n: 1n, f: () => 1, s: Symbol('s'), d: new Date(Number.NaN), b: Buffer.from('secret bytes') };
    circle['self'] = circle;
    Object.defineProperty(circle, 'bad', { enumerable: true, get: () => JSON.parse('{') });
    const line = lineOf({ circle, long: 'a'.repeat(1e6), many: Array.from({ length: 1e5 }, (_, i) => i), __proto__: { polluted: 1 } });
    expect(JSON.stringify(line).length).toBeLessThan(20_000);
    expect(line['circle']).toMatchObject({ n: '1', d: null, b: '[12 bytes]', bad: '[unreadable]' });
  });

  test('any value', () => {
    fc.assert(
      fc.property(fc.object({ withBigInt: true, withDate: true, withNullPrototype: true }), fc.string(), (fields, message) => {
        expect(lineOf(fields, message)).toMatchObject({ level: 'info', service: 'auth-sidecar' });
      }),
    );
  });

  test('causes of errors, to a depth', () => {
    const error = new Error('a', { cause: Object.assign(new Error('b'), { code: 'ECONNREFUSED', token: 'S3CR3T' }) });
    expect(lineOf({ error })['error']).toMatchObject({ type: 'Error', message: 'a', cause: { message: 'b', code: 'ECONNREFUSED' } });
    expect(JSON.stringify(lineOf({ error }))).not.toContain('S3CR3T');
  });
});

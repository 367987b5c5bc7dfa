import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BotTokenError, botKeys } from './bot-keys.js';
import { dataCheckString, initDataFields } from './fields.js';
import { CLOCK_SKEW_MS, checkInitData, checkSignIn, checkWidget, INIT_DATA_MAX_AGE_MS, WIDGET_MAX_AGE_MS } from './proof.js';
import { BOT_TOKEN, initDataOf, OTHER_BOT_TOKEN, signInitData, signWidget, widgetOf } from './testing/sign.js';

const keys = botKeys(BOT_TOKEN);
const seconds = 1_800_000_000;
const now = seconds * 1000;

describe('examples that Telegram’s documents and their libraries publish', () => {
  const user =
    'user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%20%2B%20-%20%3F%20%5C%2F%22%2C%22last_name%22%3A%22Kibenko%22%2C%22' +
    'username%22%3A%22vdkfrost%22%2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%2C%22allows_write_to_pm%22%3Atrue%2C%22' +
    'photo_url%22%3A%22https%3A%5C%2F%5C%2Ft.me%5C%2Fi%5C%2Fuserpic%5C%2F320%5C%2F4FPEE4tmP3ATHa57u6MqTDih13LTOiMoKoLDRG4PnSA.svg%22%7D';
  const signature = 'TYJxVcisqbWjtodPepiJ6ghziUL94-KNpG8Pau-X7oNNLNBM72APCpi_RKiUlBvcqo5L-LAxIc3dnTzcZX_PDg';
  const rest = `&chat_instance=8134722200314281151&chat_type=private&auth_date=1733509682&signature=${signature}`;
  const withSignature = `${user}${rest}&hash=a433d8f9847bd6addcc563bff7cc82c89e97ea0d90c11fe5729cae6796a36d73`;

  test('the third parties’ signature counts among the signed fields', () => {
    const published = botKeys('7342037359:AAHI25ES9xCOMPokpYoz-p8XVrZUdygo2J4');
    expect(checkInitData(withSignature, published, 1_733_509_682_000)).toMatchObject({ kind: 'init-data', telegramId: 279058397 });
    expect(checkInitData(withSignature.replace(`&signature=${signature}`, ''), published, 1_733_509_682_000)).toBe('forged');
  });

  test('initData with a query id', () => {
    const published = botKeys('5768337691:AAH5YkoiEuPk8-FZa32hStHTqXiLPtAEhx8');
    const text =
      'query_id=AAHdF6IQAAAAAN0XohDhrOrc&user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%22%2C%22last_name%22%3A%22Kibenko' +
      '%22%2C%22username%22%3A%22vdkfrost%22%2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%7D&auth_date=1662771648' +
      '&hash=c501b71e775f74ce10e377dea85a7ea24ecd640b223ea86dfe453e0eaed2e2b2';
    expect(checkInitData(text, published, 1_662_771_648_000)).toMatchObject({ telegramId: 279058397 });
  });
});

describe('what Telegram signed', () => {
  test('passes in both forms, each once only under its own key', () => {
    expect(checkWidget(widgetOf(7, seconds), keys, now)).toEqual({
      kind: 'widget',
      telegramId: 7,
      goodUntil: now + WIDGET_MAX_AGE_MS,
      digest: widgetOf(7, seconds)['hash'],
    });
    expect(checkInitData(initDataOf(7, seconds), keys, now)).toMatchObject({ kind: 'init-data', telegramId: 7 });
    const widget = Object.entries(widgetOf(7, seconds)).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    expect(checkInitData(widget.join('&'), keys, now)).toBe('forged');
    const fields = { user: '{"id":7}', id: 7, auth_date: seconds };
    expect(checkWidget(Object.fromEntries(new URLSearchParams(signInitData(fields))), keys, now)).toBe('forged');
  });

  test.each([
    ['widget', WIDGET_MAX_AGE_MS, (at: number) => checkWidget(widgetOf(7, seconds), keys, at)],
    ['init-data', INIT_DATA_MAX_AGE_MS, (at: number) => checkInitData(initDataOf(7, seconds), keys, at)],
  ] as const)('%s: is good to the end of its time, and not before it was signed', (_kind, maxAge, at) => {
    expect(at(now + maxAge)).toMatchObject({ goodUntil: now + maxAge });
    expect(at(now + maxAge + 1)).toBe('expired');
    expect(at(now - CLOCK_SKEW_MS)).toMatchObject({ telegramId: 7 });
    expect(at(now - CLOCK_SKEW_MS - 1)).toBe('future');
  });

  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !/\p{Cc}/u.test(value) && value.isWellFormed());
  const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,15}$/).filter((one) => !['hash', 'id', 'auth_date', 'user'].includes(one));
  const extras = fc.dictionary(name, text, { maxKeys: 8, noNullPrototype: true });
  const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

  test('passes whatever the fields and their order, however it is spelled', () => {
    fc.assert(
      fc.property(id, extras, fc.integer(), (telegramId, more, seed) => {
        const signed = Object.entries(widgetOf(telegramId, seconds, more));
        const turned = [...signed.slice(seed % signed.length), ...signed.slice(0, seed % signed.length)];
        expect(checkWidget(Object.fromEntries(turned), keys, now)).toMatchObject({ telegramId });
        const plain = initDataOf(telegramId, seconds, more);
        const plus = plain.replaceAll('%20', '+').split('&').reverse().join('&');
        expect(checkInitData(plus, keys, now)).toEqual(checkInitData(plain, keys, now));
        expect(checkInitData(plain, keys, now)).toMatchObject({ telegramId });
      }),
    );
  });

  test('is refused when any character of any field is another', () => {
    fc.assert(
      fc.property(id, extras, fc.nat(), fc.nat(), fc.constantFrom(...'aZ0_9%'), (telegramId, more, which, where, letter) => {
        const widget = widgetOf(telegramId, seconds, more);
        const names = Object.keys(widget);
        const field = names[which % names.length]!;
        const value = String(widget[field]);
        const at = where % (value.length + 1);
        const changed = value.slice(0, at) + letter + value.slice(at + 1);
        fc.pre(changed !== value);
        expect(['forged', 'malformed']).toContain(checkWidget({ ...widget, [field]: changed }, keys, now));
        const { [field]: _gone, ...without } = widget;
        expect(['forged', 'malformed']).toContain(checkWidget(without, keys, now));
      }),
    );
  });

  test('is signed as name=value lines, sorted as bytes, without the hash', () => {
    fc.assert(
      fc.property(fc.dictionary(name, text, { noNullPrototype: true }), (fields) => {
        const lines = dataCheckString(new Map(Object.entries(fields))).split('\n');
        const sorted = Object.keys(fields).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(lines).toEqual(sorted.length === 0 ? [''] : sorted.map((key) => `${key}=${fields[key]}`));
      }),
    );
  });

  test('is read without throwing, whatever comes', () => {
    const proofOrFault = (found: unknown): void => expect(['string', 'object']).toContain(typeof found);
    fc.assert(fc.property(fc.string(), (raw) => proofOrFault(checkInitData(raw, keys, now))));
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (raw) => proofOrFault(checkSignIn(raw, keys, now))));
  });
});

describe('attacks', () => {
  const widget = widgetOf(7, seconds);
  const { hash, ...unsigned } = widget;
  const good = String(hash);
  const parse = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
  const initData = initDataOf(7, seconds);
  // A name with a line feed, signed; then cut so that the line becomes an id.
  const tricky = signWidget({ auth_date: seconds, first_name: 'x\nid=555\nida=z', id: 7 });
  const cut = { auth_date: seconds, first_name: 'x', id: 555, ida: 'z\nid=7', hash: tricky['hash'] };

  test.each<[string, Record<string, unknown>, string]>([
    ['no hash', unsigned, 'malformed'],
    ['an empty hash', { ...unsigned, hash: '' }, 'malformed'],
    ['a hash in capitals', { ...unsigned, hash: good.toUpperCase() }, 'malformed'],
    ['a hash with a blank', { ...unsigned, hash: `${good} ` }, 'malformed'],
    ['a hash with more behind it', { ...unsigned, hash: `${good}00` }, 'malformed'],
    ['half a hash', { ...unsigned, hash: good.slice(0, 32) }, 'malformed'],
    ['a hash in a list', { ...unsigned, hash: [good] }, 'malformed'],
    ['a hash that is a number', { ...unsigned, hash: 0 }, 'malformed'],
    ['a hash of other data', { ...unsigned, hash: 'a'.repeat(64) }, 'forged'],
    ['one field more', { ...widget, is_admin: 'true' }, 'forged'],
    ['one field less', { ...widget, username: undefined }, 'malformed'],
    ['another person', { ...widget, id: 8 }, 'forged'],
    ['another spelling of the person', { ...widget, id: '07' }, 'forged'],
    ['a person with a fraction', signWidget({ id: '7.5', auth_date: seconds }), 'malformed'],
    ['a negative person', signWidget({ id: '-7', auth_date: seconds }), 'malformed'],
    ['a person beyond exact numbers', signWidget({ id: '9007199254740993', auth_date: seconds }), 'malformed'],
    ['no person', signWidget({ auth_date: seconds }), 'malformed'],
    ['no date', signWidget({ id: 7 }), 'malformed'],
    ['a date that is no number', signWidget({ id: 7, auth_date: '1e9' }), 'malformed'],
    ['fields cut at a line feed', cut, 'malformed'],
    ['a signed line feed', tricky, 'malformed'],
    ['the other bot', widgetOf(7, seconds, {}, OTHER_BOT_TOKEN), 'forged'],
    ['__proto__ beside it', parse(JSON.stringify(widget).replace('{', '{"__proto__":{"id":8},')), 'malformed'],
    ['__proto__ as a text', parse(JSON.stringify(widget).replace('{', '{"__proto__":"x",')), 'malformed'],
    ['constructor beside it', { ...widget, constructor: 'x' }, 'forged'],
    ['a nested object', { ...widget, user: { id: 8 } }, 'malformed'],
    ['a truth', { ...widget, is_bot: false }, 'malformed'],
    ['null', { ...widget, last_name: null }, 'malformed'],
    ['a very long name', widgetOf(7, seconds, { first_name: 'x'.repeat(5000) }), 'malformed'],
    ['very many fields', { ...widget, ...Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, 'x'])) }, 'malformed'],
    ['nothing', {}, 'malformed'],
    ['both forms at once', { ...widget, initData }, 'malformed'],
    ['initData that is no text', { initData: widget }, 'malformed'],
    ['initData in a list', { initData: [initData] }, 'malformed'],
  ])('the widget’s data with %s', (_what, body, fault) => {
    expect(checkSignIn(body, keys, now)).toBe(fault);
  });

  test.each<[string, string, string]>([
    ['nothing', '', 'malformed'],
    ['the other bot', initDataOf(7, seconds, {}, OTHER_BOT_TOKEN), 'forged'],
    ['a second user', `${initData}&user=%7B%22id%22%3A8%7D`, 'malformed'],
    ['a second user in another spelling', `${initData}&us%65r=%7B%22id%22%3A8%7D`, 'malformed'],
    ['a second hash', `${initData}&hash=${'a'.repeat(64)}`, 'malformed'],
    ['the same date twice', `${initData}&auth_date=${seconds}`, 'malformed'],
    ['one parameter more', `${initData}&start_param=x`, 'forged'],
    ['an empty parameter', `${initData}&`, 'malformed'],
    ['a parameter without a value', `${initData}&x`, 'malformed'],
    ['a parameter without a name', `${initData}&=x`, 'malformed'],
    ['a list', initData.replace('user=', 'user[]='), 'malformed'],
    ['__proto__', `${initData}&__proto__=x`, 'malformed'],
    ['a hash in capitals', initData.replace(/hash=.*/, (part) => part.toUpperCase().replace('HASH', 'hash')), 'malformed'],
    ['broken percent signs', `${initData}&x=%E0%A4%A`, 'malformed'],
    ['a question mark in front', `?${initData}`, 'malformed'],
    ['encoded twice', encodeURIComponent(initData), 'malformed'],
    ['a user who is a bot', signInitData({ user: '{"id":7,"is_bot":true}', auth_date: seconds }), 'malformed'],
    ['a user whose id stands twice', signInitData({ user: '{"id":7,"id":8}', auth_date: seconds }), 'malformed'],
    ['a user whose id is a text', signInitData({ user: '{"id":"7"}', auth_date: seconds }), 'malformed'],
    ['a user who is a list', signInitData({ user: '[7]', auth_date: seconds }), 'malformed'],
    ['a user out of a prototype', signInitData({ user: '{"__proto__":{"id":7}}', auth_date: seconds }), 'malformed'],
    ['no user', signInitData({ auth_date: seconds }), 'malformed'],
    ['a signed line feed', initDataOf(7, seconds, { start_param: 'a\nb' }), 'malformed'],
    ['far too much', 'a=b&'.repeat(100_000), 'malformed'],
  ])('initData with %s', (_what, text, fault) => {
    expect(checkSignIn({ initData: text }, keys, now)).toBe(fault);
  });

  test('a token that is none is named as such, and not shown', () => {
    for (const token of ['', 'secret', '110201543:', `110201543:${'a'.repeat(35)}\n`, `:${'a'.repeat(35)}`]) {
      expect(() => botKeys(token)).toThrow(BotTokenError);
    }
    expect(() => botKeys('hunter2')).toThrow(/^(?!.*hunter2)/);
  });

  test('parameters are read as a form is', () => {
    expect(initDataFields(`a=1+2%203&hash=${'a'.repeat(64)}`)?.fields).toEqual(new Map([['a', '1 2 3']]));
  });
});

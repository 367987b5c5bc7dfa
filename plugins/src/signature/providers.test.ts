import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { type FakeRequest, fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { fawry } from './fawry.js';
import { paymob } from './paymob.js';
import type { Scheme } from './policy.js';
import { standardWebhooks, type WebhookKey, webhookKey } from './standard-webhooks.js';

const check = async (scheme: Scheme, request: FakeRequest, now = 0) => {
  const facts = fakeFacts(request);
  return scheme.verify(facts, await facts.body(1e6), now);
};
const key = (text: string) => Buffer.from(text);

describe('Fawry', () => {
  const fields = {
    fawryRefNumber: '9990076204',
    merchantRefNumber: 'pay_1',
    paymentAmount: 350.5,
    orderAmount: 350.5,
    orderStatus: 'PAID',
    paymentMethod: 'CARD',
    paymentRefrenceNumber: 'ref-1',
    customerMobile: '01000000000',
  };
  const signed = '9990076204pay_1350.50350.50PAIDCARDref-1';
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  const ask = (body: object | string, keys = ['old-key', 'secure-key']) =>
    check(fawry(keys.map(key)), { body: typeof body === 'string' ? body : JSON.stringify(body) });

  test('takes what was signed with any of the keys, in either case', async () => {
    const expected = { replayKey: '9990076204:PAID:350.50', repeat: 'event' };
    expect(await ask({ ...fields, messageSignature: sha(`${signed}secure-key`) })).toEqual(expected);
    expect(await ask({ ...fields, messageSignature: sha(`${signed}old-key`).toUpperCase() })).toEqual(expected);
  });

  test('a notification with no payment reference', async () => {
    const messageSignature = sha('9990076204pay_1350.50350.50NEWCARDsecure-key');
    const { paymentRefrenceNumber: _none, ...rest } = fields;
    expect(await ask({ ...rest, orderStatus: 'NEW', messageSignature })).not.toBeNull();
    expect(await ask({ ...rest, orderStatus: 'NEW', paymentRefrenceNumber: null, messageSignature })).not.toBeNull();
  });

  const good = { ...fields, messageSignature: sha(`${signed}secure-key`) };
  test.each([
    ['another amount', { ...good, paymentAmount: 1 }],
    ['another status', { ...good, orderStatus: 'REFUNDED' }],
    ['no signature', { ...fields }],
    ['an empty signature', { ...good, messageSignature: '' }],
    ['half a signature', { ...good, messageSignature: good.messageSignature.slice(0, 32) }],
    ['a signature that is no text', { ...good, messageSignature: [good.messageSignature] }],
    ['a key that is not ours', { ...fields, messageSignature: sha(`${signed}other`) }],
    ['an object for a field', { ...good, orderStatus: { toString: 'PAID' } }],
    ['a missing field', { ...good, merchantRefNumber: undefined }],
    ['no JSON', 'x'],
    ['a list', '[]'],
    ['nothing', ''],
    ['a key that stands twice', JSON.stringify(good).replace('{', '{"orderStatus":"REFUNDED",')],
  ])('refuses %s', async (_name, body) => expect(await ask(body)).toBeNull());
});

describe('Paymob', () => {
  // The joined text of Paymob's own documentation for a processed transaction.
  const joined =
    '1000002024-06-13T11:33:44.592345EGPfalsefalse1920364654097558truefalsefalsefalsetruefalse217503754302852false2346MasterCardcardtrue';
  const obj = {
    id: 192036465,
    pending: false,
    amount_cents: 100000,
    success: true,
    is_auth: false,
    is_capture: false,
    is_standalone_payment: true,
    is_voided: false,
    is_refunded: false,
    is_3d_secure: true,
    integration_id: 4097558,
    has_parent_transaction: false,
    order: { id: 217503754, items: [] },
    created_at: '2024-06-13T11:33:44.592345',
    currency: 'EGP',
    error_occured: false,
    owner: 302852,
    source_data: { pan: '2346', type: 'card', sub_type: 'MasterCard' },
  };
  const hmac = (text: string, secret = 'hmac-secret') => createHmac('sha512', secret).update(text).digest('hex');
  const ask = (callback: unknown, query: string) =>
    check(paymob([key('hmac-secret')]), { url: `/webhooks/paymob?${query}`, body: JSON.stringify(callback) });
  const callback = { type: 'TRANSACTION', obj };

  test('takes a transaction and tells its states apart', async () => {
    expect(await ask(callback, `hmac=${hmac(joined)}`)).toEqual({ replayKey: 'TRANSACTION:192036465:0100000', repeat: 'event' });
    const refunded = joined.replace('truefalsefalsefalsetrue', 'truefalsefalsetruetrue');
    const found = await ask({ type: 'TRANSACTION', obj: { ...obj, is_refunded: true } }, `hmac=${hmac(refunded).toUpperCase()}`);
    expect(found?.replayKey).toBe('TRANSACTION:192036465:0100010');
  });

  test('takes a card token', async () => {
    const card = {
      card_subtype: 'Visa',
      created_at: 'now',
      email: 'a@b',
      id: 7,
      masked_pan: '42',
      merchant_id: 1,
      order_id: '5',
      token: 't',
    };
    expect(await ask({ type: 'TOKEN', obj: card }, `hmac=${hmac('Visanowa@b74215t')}`)).toMatchObject({ repeat: 'event' });
  });

  test.each([
    ['no hmac', callback, ''],
    ['an empty hmac', callback, 'hmac='],
    ['two of them', callback, `hmac=${hmac(joined)}&hmac=${hmac(joined)}`],
    ['another secret', callback, `hmac=${hmac(joined, 'x')}`],
    ['another amount', { type: 'TRANSACTION', obj: { ...obj, amount_cents: 1 } }, `hmac=${hmac(joined)}`],
    ['a missing field', { type: 'TRANSACTION', obj: { ...obj, owner: undefined } }, `hmac=${hmac(joined)}`],
    ['another type', { type: 'DELIVERY', obj }, `hmac=${hmac(joined)}`],
    ['an inherited type', { type: 'constructor', obj }, `hmac=${hmac(joined)}`],
    ['no object', { type: 'TRANSACTION', obj: [] }, `hmac=${hmac('')}`],
    ['no JSON object', 7, `hmac=${hmac('')}`],
  ])('refuses %s', async (_name, body, query) => expect(await ask(body, query)).toBeNull());
});

describe('Standard Webhooks 1.0', () => {
  const now = 1_614_265_330_000;
  const secret = webhookKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw') as WebhookKey;
  const other = webhookKey(`whsec_${Buffer.alloc(32, 7).toString('base64')}`) as WebhookKey;
  const body = '{"test": 2432232314}';
  const v1 = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
  const headers = { 'webhook-id': id, 'webhook-timestamp': '1614265330', 'webhook-signature': v1 };
  const ask = (more: object, keys = [secret], at = now) =>
    check(standardWebhooks(keys, 300_000), { body, headers: { ...headers, ...more } as Record<string, string> }, at);

  test("takes the standard's own example", async () => expect(await ask({})).toEqual({ replayKey: id, repeat: 'event' }));

  test.each([
    ['several signatures, one good', { 'webhook-signature': `v1,AAAA v2,xx ${v1}` }, [secret]],
    ['several keys, one good', {}, [other, secret]],
  ])('takes %s', async (_name, more, keys) => expect(await ask(more, keys)).not.toBeNull());

  test('takes v1a, and only by its public key', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const asymmetric = webhookKey(`whpk_${raw.toString('base64')}`) as WebhookKey;
    const bytes = sign(null, Buffer.from(`${id}.1614265330.${body}`), privateKey).toString('base64');
    expect(await ask({ 'webhook-signature': `${v1} v1a,${bytes}` }, [asymmetric])).not.toBeNull();
    expect(await ask({ 'webhook-signature': `v1,${bytes}` }, [asymmetric])).toBeNull();
    expect(await ask({ 'webhook-signature': `v1a,${bytes}` }, [secret])).toBeNull();
    expect(await ask({ 'webhook-signature': v1.replace('v1', 'v1a') }, [asymmetric])).toBeNull();
  });

  test.each([
    [-300_000, true],
    [300_000, true],
    [-300_001, false],
    [300_001, false],
  ])('the time may be %d ms off: %p', async (off, good) => expect((await ask({}, [secret], now + off)) !== null).toBe(good));

  test.each([
    ['another id', { 'webhook-id': 'msg_x' }],
    ['an id with a full stop', { 'webhook-id': `${id}.1614265330` }],
    ['two ids', { 'webhook-id': [id, id] }],
    ['another time', { 'webhook-timestamp': '1614265331' }],
    ['no number for a time', { 'webhook-timestamp': '1614265330.0' }],
    ['two signatures headers', { 'webhook-signature': [v1, v1] }],
    ['a version only', { 'webhook-signature': 'v1' }],
    ['no version', { 'webhook-signature': v1.slice(3) }],
    ['another version', { 'webhook-signature': v1.replace('v1', 'v9') }],
    ['sloppy base64', { 'webhook-signature': v1.replace('=', '') }],
    ['a good one after ten bad ones', { 'webhook-signature': `${'v1,AAAA '.repeat(10)}${v1}` }],
    ['nothing', { 'webhook-signature': '' }],
  ])('refuses %s', async (_name, more) => expect(await ask(more)).toBeNull());

  test.each(['secret', 'whsec_', 'whsec_AAAA', `whsec_${Buffer.alloc(65).toString('base64')}`, 'whpk_AAAA', 'whsk_AAAA', 'whsec_%%%%'])(
    '%s is no key',
    (text) => expect(typeof webhookKey(text)).toBe('string'),
  );
});

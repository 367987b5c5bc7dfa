import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Answer, call } from '../../call.js';
import { ephemeralPorts, type Mocks, startMocks } from '../../start-mocks.js';
import { roleClaims, signHs256 } from '../../tokens.js';

let mocks: Mocks;
let now = 0;
const url = (service: string, path: string): string => `${mocks.urls(`healthpay.${service}`)[0]}${path}`;
const bearer = (role: string) => ({ authorization: `Bearer ${signHs256(roleClaims.healthpay[role] ?? {}, 's')}` });
const get = (service: string, path: string, role = 'user'): Promise<Answer> => call(url(service, path), { headers: bearer(role) });
const post = (service: string, path: string, json: unknown, role = 'user'): Promise<Answer> =>
  call(url(service, path), { method: 'POST', json, headers: bearer(role) });
const idOf = (answer: Answer): string => (answer.json as { id: string }).id;

beforeAll(async () => {
  mocks = await startMocks({ systems: ['healthpay'], ports: ephemeralPorts, now: () => now });
});
beforeEach(async () => {
  now = Date.parse('2026-04-01T00:00:00Z');
  await mocks.reset();
});
afterAll(() => mocks.close());

describe('one-time passwords', () => {
  const phoneNumber = '+201001234567';
  const ask = async (): Promise<string> => {
    expect((await call(url('auth', '/v2/auth/request-otp'), { json: { phoneNumber, language: 'ar' } })).status).toBe(200);
    return ((await call(url('auth', `/__mock/otp/${phoneNumber}`))).json as { otp: string }).otp;
  };
  const verify = (otp: string): Promise<Answer> => call(url('auth', '/v2/auth/verify-otp'), { json: { phoneNumber, otp } });

  test('verify once and sign in', async () => {
    const otp = await ask();
    const verified = await verify(otp);
    expect(verified).toMatchObject({ status: 200, json: { success: true, expiresIn: 3600, user: { id: 'usr_1001' } } });
    const { token, refreshToken } = verified.json as { token: string; refreshToken: string };
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ sub: 'usr_1001', role: 'user', wallets: ['wal_1001', 'wal_1002'] });
    expect((await call(url('auth', '/v1/auth/refresh'), { json: { refreshToken } })).status).toBe(200);
    expect((await verify(otp)).json).toMatchObject({ error: { code: 'INVALID_OTP' } });
  });

  test('expire after five minutes', async () => {
    const otp = await ask();
    now += 300_000;
    expect(await verify(otp)).toMatchObject({ status: 401, json: { error: { code: 'OTP_EXPIRED' } } });
  });

  test('are dead after five wrong tries', async () => {
    const otp = await ask();
    const wrong = otp === '000000' ? '111111' : '000000';
    for (let i = 0; i < 5; i += 1) expect((await verify(wrong)).status).toBe(401);
    expect((await verify(otp)).json).toMatchObject({ error: { code: 'OTP_ATTEMPTS_EXCEEDED' } });
  });

  test('an unknown phone gets a user and a wallet', async () => {
    const newcomer = '+201550000000';
    await call(url('auth', '/v2/auth/request-otp'), { json: { phoneNumber: newcomer } });
    const { otp } = (await call(url('auth', `/__mock/otp/${newcomer}`))).json as { otp: string };
    const { token } = (await call(url('auth', '/v2/auth/verify-otp'), { json: { phoneNumber: newcomer, otp } })).json as { token: string };
    const wallets = await call(url('wallet', '/v2/wallets'), { headers: { authorization: `Bearer ${token}` } });
    expect(wallets.json).toMatchObject({ wallets: [{ balance: 0 }], pagination: { total: 1 } });
  });

  test('a number that is none is refused in the envelope', async () => {
    const refused = await call(url('auth', '/v2/auth/request-otp'), { json: { phoneNumber: '0100' } });
    expect(refused).toMatchObject({ status: 400, json: { error: { code: 'VALIDATION_FAILED' } } });
  });
});

describe('payments', () => {
  test('move on from pending to completed, and only then the money moves', async () => {
    const made = await post('payment', '/v2/payments', { amount: 100.1 });
    expect(made).toMatchObject({ status: 201, json: { status: 'pending', amount: 100.1 } });
    expect(made.headers['location']).toBe(`/v2/payments/${idOf(made)}`);
    expect((await get('wallet', '/v2/wallets/wal_1001/balance')).json).toMatchObject({ balance: 1250, available: 1149.9, pending: 100.1 });
    now += 2000;
    expect((await get('payment', `/v1/payments/${idOf(made)}`)).json).toMatchObject({ status: 'processing' });
    now += 3000;
    expect((await get('payment', `/v1/payments/${idOf(made)}`)).json).toMatchObject({ status: 'completed' });
    expect((await get('wallet', '/v2/wallets/wal_1001/balance')).json).toMatchObject({ balance: 1149.9, pending: 0 });
    const ledger = await get('transaction', '/v2/transactions?type=debit&from=2026-04-01');
    expect(ledger.json).toMatchObject({ transactions: [{ paymentId: idOf(made), amount: 100.1 }], pagination: { total: 1 } });
  });

  test('can be cancelled until they are completed', async () => {
    const first = idOf(await post('payment', '/v2/payments', { amount: 1 }));
    expect((await post('payment', `/v2/payments/${first}/cancel`, {})).json).toMatchObject({ status: 'cancelled' });
    const second = idOf(await post('payment', '/v2/payments', { amount: 1 }));
    now += 5000;
    expect(await post('payment', `/v2/payments/${second}/cancel`, {})).toMatchObject({
      status: 409,
      json: { error: { code: 'PAYMENT_NOT_CANCELLABLE', message: 'A completed payment cannot be cancelled.' } },
    });
  });

  test('never take more than is free', async () => {
    expect((await post('payment', '/v2/payments', { amount: 1000 })).status).toBe(201);
    expect((await post('payment', '/v2/payments', { amount: 251 })).json).toMatchObject({
      error: { code: 'INSUFFICIENT_FUNDS', available: 250 },
    });
  });

  test("someone else's wallet and payment are not there", async () => {
    const id = idOf(await post('payment', '/v2/payments', { amount: 1 }));
    expect((await get('payment', `/v2/payments/${id}`, 'merchant')).status).toBe(404);
    expect((await get('wallet', '/v2/wallets/wal_1001', 'merchant')).status).toBe(404);
    expect((await get('wallet', '/v2/wallets/wal_1001', 'admin')).status).toBe(200);
  });
});

describe('providers', () => {
  test('a Fawry charge waits for its webhook', async () => {
    const charge = await post('payment', '/v2/payment-gateways/fawry/charge', { amount: 50 });
    const { paymentId } = charge.json as { paymentId: string };
    now += 60_000;
    expect((await get('payment', `/v2/payments/${paymentId}`)).json).toMatchObject({ status: 'pending' });
    const report = { merchantRefNumber: paymentId, orderStatus: 'PAID', messageSignature: 'x' };
    expect((await post('payment', '/v2/webhooks/fawry', report)).json).toEqual({ received: true, paymentId });
    expect((await post('payment', '/v2/webhooks/fawry', report)).status).toBe(200);
    expect((await get('wallet', '/v2/wallets/wal_1001')).json).toMatchObject({ balance: 1300 });
  });

  test('a Paymob checkout fails when Paymob says so', async () => {
    const { paymentId } = (await post('payment', '/v2/payment-gateways/paymob/checkout', { amount: 50 })).json as { paymentId: string };
    const obj = { success: false, order: { merchant_order_id: paymentId } };
    expect((await post('payment', '/v2/webhooks/paymob?hmac=x', { type: 'TRANSACTION', obj })).status).toBe(200);
    expect((await get('payment', `/v2/payments/${paymentId}`)).json).toMatchObject({ status: 'failed' });
  });
});

describe('export', () => {
  test('CSV has a line per transaction', async () => {
    const file = await post('transaction', '/v2/transactions/export', { format: 'csv', walletId: 'wal_1001', to: '2026-03-04' });
    expect(file.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="transactions.csv"',
    });
    expect(file.text.split('\r\n').map((line) => line.split(',')[0])).toEqual(['id', 'txn_1001', 'txn_1002', '']);
  });

  test('PDF has a cross-reference table that points at its objects', async () => {
    const { headers, body } = await post('transaction', '/v2/transactions/export', { format: 'PDF' });
    expect(headers['content-type']).toBe('application/pdf');
    const text = body.toString('latin1');
    const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1]);
    const rows = text.slice(start).match(/\d{10} 00000 n /g) ?? [];
    expect(rows.length).toBe(5);
    for (const [i, row] of rows.entries()) expect(text.slice(Number(row.slice(0, 10)))).toMatch(new RegExp(`^${i + 1} 0 obj\n`));
  });
});

import { z } from 'zod';
import { type Item, paginate } from '../../host/collection.js';
import type { Exchange } from '../../host/exchange.js';
import { notFound } from '../../host/failure.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { existing, selector } from '../../host/resource.js';
import { done, healthpayMock, type Operations, type Outcome, refused } from './common.js';
import { isOpen, type Ledger, piastres, shown } from './ledger.js';

const amount = z.number().positive().max(1_000_000);
const walletId = z.string().min(1).max(50).default('wal_1001');
const paymentSchema = z.object({ walletId, amount, description: z.string().max(500).default('Payment') });
const chargeSchema = z.object({ walletId, amount, description: z.string().max(500).default('Top-up') });
const fawrySchema = z.looseObject({ merchantRefNumber: z.string().max(100), orderStatus: z.string().max(50) });
const paymobSchema = z.looseObject({
  obj: z.looseObject({ success: z.boolean(), order: z.looseObject({ merchant_order_id: z.string().max(100) }) }),
});

const HOUR_MS = 3_600_000;
const serial = (payment: Item): number => Number(String(payment.id).replace(/\D/g, ''));

/** Payments from a wallet, top-ups through Fawry and Paymob, and what these providers report. */
export function paymentService(environment: MockEnvironment, ledger: Ledger): Mock {
  const operations = { ...paymentOperations(ledger), ...providerOperations(ledger) };
  return healthpayMock('payment', environment, operations);
}

function paymentOperations(ledger: Ledger): Operations {
  const find = (x: Exchange): Item => {
    ledger.settle();
    const found = existing(ledger.payments.get(x.param('id')), 'Payment');
    if (!ledger.visible(x, ledger.payments).includes(found)) throw notFound('Payment');
    return found;
  };
  const create = (x: Exchange): Outcome => {
    ledger.settle();
    const wanted = x.parse(paymentSchema);
    const from = ledger.walletOf(x, wanted.walletId);
    const free = Number(from['balance']) - ledger.held(from.id);
    if (piastres(wanted.amount) > free) return refused('insufficient-funds', { available: free / 100 });
    const payment = ledger.pay(x, wanted.walletId, piastres(wanted.amount), { description: wanted.description });
    return done({ payment: shown(payment) });
  };
  return {
    'GET /payments': (x) => {
      ledger.settle();
      const all = ledger.visible(x, ledger.payments).filter(selector(x.query, ['status', 'walletId']));
      const { items, page, limit, total } = paginate(all, x.query);
      return done({ payments: items.map(shown), page, limit, total });
    },
    'POST /payments': create,
    'GET /payments/:id': (x) => done({ payment: shown(find(x)) }),
    'POST /payments/:id/cancel': (x) => {
      const payment = find(x);
      if (!isOpen(payment)) return refused('not-cancellable', { status: payment['status'] });
      return done({ payment: shown(ledger.finish(payment, 'cancelled')) });
    },
  };
}

function providerOperations(ledger: Ledger): Operations {
  const topUp = (x: Exchange, provider: string): Item => {
    const wanted = x.parse(chargeSchema);
    const more = { description: wanted.description, provider, direction: 'credit' };
    return ledger.pay(x, wanted.walletId, piastres(wanted.amount), more);
  };
  const report = (paymentId: string, paid: boolean): Outcome => {
    const payment = ledger.payments.get(paymentId);
    if (payment !== undefined) ledger.finish(payment, paid ? 'completed' : 'failed');
    return done({ paymentId, known: payment !== undefined });
  };
  return {
    'POST /payment-gateways/fawry/charge': (x) => {
      const payment = topUp(x, 'fawry');
      const expiresAt = new Date(ledger.now() + 24 * HOUR_MS).toISOString();
      return done({ payment: shown(payment), referenceNumber: String(963_000_000 + serial(payment)), expiresAt });
    },
    'POST /payment-gateways/paymob/checkout': (x) => {
      const payment = topUp(x, 'paymob');
      const orderId = 71_000_000 + serial(payment);
      return done({ payment: shown(payment), orderId, paymentKey: Buffer.from(`paymob-${orderId}`).toString('base64url') });
    },
    'POST /webhooks/fawry': (x) => {
      const { merchantRefNumber, orderStatus } = x.parse(fawrySchema);
      return report(merchantRefNumber, orderStatus === 'PAID');
    },
    'POST /webhooks/paymob': (x) => {
      const { obj } = x.parse(paymobSchema);
      return report(obj.order.merchant_order_id, obj.success);
    },
  };
}

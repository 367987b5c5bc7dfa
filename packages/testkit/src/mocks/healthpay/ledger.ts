import { Collection, type Item } from '../../host/collection.js';
import type { Exchange, JsonObject } from '../../host/exchange.js';
import { Failure, notFound } from '../../host/failure.js';
import { existing } from '../../host/resource.js';

/** How long a payment is pending, and until when it is processed, in milliseconds after it was made. */
export const paymentTimes = { pendingMs: 2000, processingMs: 5000 };

const wallet = (id: string, userId: string, name: string, balance: number): Item => ({
  id,
  userId,
  name,
  currency: 'EGP',
  balance,
  status: 'active',
  createdAt: '2026-01-10T10:00:00.000Z',
  updatedAt: '2026-01-10T10:00:00.000Z',
});

const transaction = (id: string, walletId: string, type: string, amount: number, description: string, createdAt: string): Item => ({
  id,
  walletId,
  userId: 'usr_1001',
  type,
  amount,
  currency: 'EGP',
  status: 'completed',
  description,
  createdAt,
});

/** Money as the API gives it: pounds with two decimals. Kept as whole piastres, so that sums are exact. */
export const pounds = (piastres: unknown): number => Math.round(Number(piastres)) / 100;
/** The way back. */
export const piastres = (amount: number): number => Math.round(amount * 100);

/** Wallets, payments and transactions of HealthPay, which its services share. Amounts are whole piastres. */
export class Ledger {
  readonly wallets = new Collection('wal_', [
    wallet('wal_1001', 'usr_1001', 'Main wallet', 125_000),
    wallet('wal_1002', 'usr_1001', 'Savings', 800_000),
    wallet('wal_1003', 'usr_1002', 'Clinic', 4_310_050),
  ]);
  readonly payments = new Collection('pmt_', []);
  readonly transactions = new Collection('txn_', [
    transaction('txn_1001', 'wal_1001', 'credit', 200_000, 'Top-up by Fawry', '2026-03-01T09:15:00.000Z'),
    transaction('txn_1002', 'wal_1001', 'debit', 45_000, 'Pharmacy El Ezaby', '2026-03-04T17:40:00.000Z'),
    transaction('txn_1003', 'wal_1001', 'debit', 30_000, 'Dr. Nabil, consultation', '2026-03-12T12:05:00.000Z'),
    transaction('txn_1004', 'wal_1002', 'credit', 800_000, 'Transfer from bank', '2026-02-01T08:00:00.000Z'),
  ]);

  /** @param now milliseconds since the epoch. */
  constructor(readonly now: () => number) {}

  /** The time as ISO text. */
  at(): string {
    return new Date(this.now()).toISOString();
  }

  /** The caller's wallet of this id; Failure 404 when there is none or it is someone else's. */
  walletOf(x: Exchange, id: string): Item {
    const found = existing(this.wallets.get(id), 'Wallet');
    if (!owns(x, found)) throw notFound('Wallet');
    return found;
  }

  /** Everything of a collection that belongs to the caller; an admin sees all. */
  visible(x: Exchange, items: Collection): Item[] {
    return items.all((item) => owns(x, item));
  }

  /** What payments that are not settled yet will take from a wallet. */
  held(walletId: unknown): number {
    const open = this.payments.all((p) => p['walletId'] === walletId && p['direction'] === 'debit' && isOpen(p));
    return open.reduce((sum, payment) => sum + Number(payment['amount']), 0);
  }

  /** Moves every payment on as far as its age says: pending, processing, completed. Those of a provider wait for its webhook. */
  settle(): void {
    for (const payment of this.payments.all(isOpen)) {
      const age = this.now() - Date.parse(String(payment['createdAt']));
      if (payment['provider'] !== null) continue;
      if (age >= paymentTimes.processingMs) this.finish(payment, 'completed');
      else if (age >= paymentTimes.pendingMs) this.payments.update(payment.id, { status: 'processing', updatedAt: this.at() });
    }
  }

  /** Ends a payment; a completed one moves the money and leaves a transaction. An ended one stays as it is. */
  finish(payment: Item, status: 'completed' | 'failed' | 'cancelled'): Item {
    if (!isOpen(payment)) return payment;
    const ended = this.payments.update(payment.id, { status, updatedAt: this.at() }) ?? payment;
    if (status !== 'completed') return ended;
    const owner = existing(this.wallets.get(String(payment['walletId'])), 'Wallet');
    const sign = payment['direction'] === 'debit' ? -1 : 1;
    this.wallets.update(owner.id, { balance: Number(owner['balance']) + sign * Number(payment['amount']), updatedAt: this.at() });
    this.transactions.add({
      walletId: owner.id,
      userId: owner['userId'],
      paymentId: payment.id,
      type: payment['direction'],
      amount: payment['amount'],
      currency: 'EGP',
      status: 'completed',
      description: payment['description'],
      createdAt: this.at(),
    });
    return ended;
  }

  /** Makes a payment; Failure 422 is the caller's to give when the wallet has too little. */
  pay(x: Exchange, walletId: string, amount: number, more: JsonObject): Item {
    const from = this.walletOf(x, walletId);
    if (from['status'] !== 'active') throw new Failure(409, 'This wallet is not active', 'WALLET_INACTIVE');
    const at = this.at();
    const base = { walletId, userId: from['userId'], amount, currency: 'EGP', status: 'pending', provider: null, direction: 'debit' };
    return this.payments.add({ ...base, ...more, createdAt: at, updatedAt: at });
  }
}

/** Whether a payment can still change. */
export const isOpen = (payment: Item): boolean => payment['status'] === 'pending' || payment['status'] === 'processing';

/** A wallet, payment or transaction as clients see it. */
export function shown(item: Item): JsonObject {
  const { amount, balance, ...rest } = item;
  const money = {
    ...(amount === undefined ? {} : { amount: pounds(amount) }),
    ...(balance === undefined ? {} : { balance: pounds(balance) }),
  };
  return { ...rest, ...money };
}

function owns(x: Exchange, item: Item): boolean {
  return x.claims['role'] === 'admin' || item['userId'] === x.userId('usr_1001');
}

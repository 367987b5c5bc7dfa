import { z } from 'zod';
import { paginate } from '../../host/collection.js';
import type { Exchange } from '../../host/exchange.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { done, healthpayMock, type Operations } from './common.js';
import { type Ledger, pounds, shown } from './ledger.js';

const createSchema = z.object({ name: z.string().min(1).max(100).default('Wallet'), currency: z.literal('EGP').default('EGP') });
const changeSchema = z.object({ name: z.string().min(1).max(100), status: z.enum(['active', 'frozen']) }).partial();

/** Wallets of the signed-in user and what is in them. */
export function walletService(environment: MockEnvironment, ledger: Ledger): Mock {
  const find = (x: Exchange) => {
    ledger.settle();
    return ledger.walletOf(x, x.param('id'));
  };
  const operations: Operations = {
    'GET /wallets': (x) => {
      ledger.settle();
      const { items, page, limit, total } = paginate(ledger.visible(x, ledger.wallets), x.query);
      return done({ wallets: items.map(shown), page, limit, total });
    },
    'POST /wallets': (x) => {
      const at = ledger.at();
      const rest = { userId: x.userId('usr_1001'), balance: 0, status: 'active', createdAt: at, updatedAt: at };
      return done({ wallet: shown(ledger.wallets.add({ ...x.parse(createSchema), ...rest })) });
    },
    'GET /wallets/:id': (x) => done({ wallet: shown(find(x)) }),
    'PATCH /wallets/:id': (x) => {
      const { id } = find(x);
      const changed = ledger.wallets.update(id, { ...x.parse(changeSchema), updatedAt: ledger.at() });
      return done({ wallet: changed === undefined ? null : shown(changed) });
    },
    'GET /wallets/:id/balance': (x) => {
      const { id, balance, currency } = find(x);
      const held = ledger.held(id);
      const figures = { balance: pounds(balance), available: pounds(Number(balance) - held), pending: pounds(held) };
      return done({ walletId: id, currency, ...figures, asOf: ledger.at() });
    },
  };
  return healthpayMock('wallet', environment, operations);
}

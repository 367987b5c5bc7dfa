import type { MockSystem } from '../../host/mock.js';
import { authService } from './auth.js';
import { Ledger } from './ledger.js';
import { paymentService } from './payment.js';
import { transactionService } from './transaction.js';
import { walletService } from './wallet.js';

/** Wallets and payments. */
export const healthpay: MockSystem = (environment) => {
  const ledger = new Ledger(environment.now);
  return {
    auth: authService(environment, ledger),
    wallet: walletService(environment, ledger),
    payment: paymentService(environment, ledger),
    transaction: transactionService(environment, ledger),
  };
};

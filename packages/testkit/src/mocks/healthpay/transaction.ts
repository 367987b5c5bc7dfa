import { z } from 'zod';
import { type Item, paginate } from '../../host/collection.js';
import type { Exchange } from '../../host/exchange.js';
import { notFound } from '../../host/failure.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { existing, selector } from '../../host/resource.js';
import { done, healthpayMock, type Operations } from './common.js';
import { type Ledger, pounds, shown } from './ledger.js';
import { pdf } from './pdf.js';

const day = z.string().max(40).optional();
const exportSchema = z.object({
  format: z.enum(['csv', 'pdf', 'CSV', 'PDF']).default('csv'),
  from: day,
  to: day,
  walletId: z.string().max(50).optional(),
});

const columns = ['id', 'createdAt', 'walletId', 'type', 'amount', 'currency', 'status', 'description'];

/** The ledger's entries: list with filters, single ones, and the export as CSV or PDF. */
export function transactionService(environment: MockEnvironment, ledger: Ledger): Mock {
  const select = (x: Exchange, query: URLSearchParams): Item[] => {
    ledger.settle();
    const equal = selector(query, ['type', 'status', 'walletId', 'paymentId']);
    return ledger.visible(x, ledger.transactions).filter((item) => equal(item) && inRange(item, query));
  };
  const operations: Operations = {
    'GET /transactions': (x) => {
      const { items, page, limit, total } = paginate(select(x, x.query), x.query);
      return done({ transactions: items.map(shown), page, limit, total });
    },
    'GET /transactions/:id': (x) => {
      ledger.settle();
      const found = existing(ledger.transactions.get(x.param('id')), 'Transaction');
      if (!ledger.visible(x, ledger.transactions).includes(found)) throw notFound('Transaction');
      return done({ transaction: shown(found) });
    },
    'POST /transactions/export': (x) => {
      const { format, ...filters } = x.parse(exportSchema);
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(filters)) if (value !== undefined) query.set(name, value);
      const rows = select(x, query).map((item) => columns.map((name) => cell(shown(item)[name])));
      const kind = format.toLowerCase();
      const file =
        kind === 'csv'
          ? csv(rows)
          : pdf(
              'HealthPay transactions',
              rows.map((row) => row.join('  ')),
            );
      return { outcome: kind, data: { file, fileName: `transactions.${kind}` } };
    },
  };
  return healthpayMock('transaction', environment, operations);
}

/** `from` and `to` (ISO dates or times, both included), `minAmount` and `maxAmount` in pounds. */
function inRange(item: Item, query: URLSearchParams): boolean {
  const at = String(item['createdAt']);
  const to = query.get('to');
  if (at < (query.get('from') ?? '')) return false;
  // A day without a time means all of it.
  if (to !== null && at > (to.length === 10 ? `${to}T23:59:59.999Z` : to)) return false;
  const amount = pounds(item['amount']);
  return amount >= Number(query.get('minAmount') ?? 0) && amount <= Number(query.get('maxAmount') ?? Number.POSITIVE_INFINITY);
}

const cell = (value: unknown): string => String(value ?? '');

/** RFC 4180; a cell that a spreadsheet would take for a formula is made text. */
function csv(rows: readonly (readonly string[])[]): string {
  const quote = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [columns, ...rows].map((row) => `${row.map(quote).join(',')}\r\n`).join('');
}

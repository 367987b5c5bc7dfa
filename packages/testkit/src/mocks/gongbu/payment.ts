import { z } from 'zod';
import { Collection, type Item, paginate } from '../../host/collection.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { created, ok } from '../../host/reply.js';
import { existing, selector } from '../../host/resource.js';
import { nestMock, nestPage, stamps } from '../nest.js';

const SETTLES_AFTER_MS = 3000;

const plans = [
  { id: 'free', name: 'Free', price: 0, currency: 'USD', interval: 'month', courses: 3 },
  { id: 'professional', name: 'Professional', price: 19, currency: 'USD', interval: 'month', courses: 50 },
  { id: 'enterprise', name: 'Enterprise', price: 99, currency: 'USD', interval: 'month', courses: null },
];

const paymentSchema = z.object({
  amount: z.number().positive().max(100_000),
  currency: z.enum(['USD', 'EUR', 'KRW']).default('USD'),
  courseId: z.string().max(50).optional(),
  plan: z.enum(['professional', 'enterprise']).optional(),
  method: z.enum(['card', 'telegram_stars', 'crypto']).default('card'),
});

/** Payments for courses and plans; a new one is pending and succeeds three seconds later. */
export function paymentService({ now }: MockEnvironment): Mock {
  const payments = new Collection('pay_', [
    {
      id: 'pay_1001',
      amount: 29,
      currency: 'USD',
      courseId: 'crs_1001',
      method: 'card',
      userId: 'usr_1001',
      createdAt: '2026-03-01T12:00:00.000Z',
      updatedAt: '2026-03-01T12:00:03.000Z',
    },
  ]);
  const settled = (payment: Item): Item => {
    const age = now() - Date.parse(String(payment['createdAt']));
    return { ...payment, status: age >= SETTLES_AFTER_MS ? 'succeeded' : 'pending' };
  };
  return nestMock({
    'GET /payments': (x) =>
      ok(
        nestPage(
          paginate(
            payments
              .all()
              .map(settled)
              .filter(selector(x.query, ['status', 'userId'])),
            x.query,
          ),
        ),
      ),
    'GET /payments/plans': () => ok({ data: plans }),
    'GET /payments/:id': (x) => ok(settled(existing(payments.get(x.param('id')), 'Payment'))),
    'POST /payments': (x) => created(settled(payments.add({ ...x.parse(paymentSchema), userId: x.userId('usr_1001'), ...stamps(now()) }))),
  });
}

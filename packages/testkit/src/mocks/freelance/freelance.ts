import { z } from 'zod';
import type { Collection } from '../../host/collection.js';
import { Failure } from '../../host/failure.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { ok } from '../../host/reply.js';
import { existing } from '../../host/resource.js';
import type { Handler, Routes } from '../../host/router.js';
import { callerId, djangoMock, modelRoutes, seeded } from './common.js';

const key = z.int().positive();
const price = z.number().positive().max(1_000_000);

const gigSchema = z.object({
  title: z.string().min(1).max(200),
  description: z.string().max(10_000).default(''),
  category: z.string().max(100).default('other'),
  price,
  delivery_days: z.int().min(1).max(365).default(7),
});
const orderSchema = z.object({ gig: key, requirements: z.string().max(10_000).default('') });
const reviewSchema = z.object({ order: key, rating: z.int().min(1).max(5), text: z.string().max(5000).default('') });
const proposalSchema = z.object({
  title: z.string().min(1).max(200),
  gig: key.optional(),
  price,
  cover_letter: z.string().max(10_000).default(''),
});

/** Gigs, orders, reviews and proposals. */
export function freelanceService({ now }: MockEnvironment): Mock {
  const gigs = modelRoutes(
    {
      name: 'gigs',
      noun: 'Gig',
      seed: [
        { id: 1, title: 'A logo in three days', category: 'design', price: 150, delivery_days: 3, seller_id: 1002, rating: 4.9, ...seeded },
        { id: 2, title: 'Landing page in React', category: 'web', price: 420, delivery_days: 7, seller_id: 1002, rating: 4.7, ...seeded },
      ],
      schema: gigSchema,
      filters: ['category', 'seller_id'],
      extras: (x) => ({ seller_id: callerId(x), rating: null }),
    },
    now,
  );
  return djangoMock('freelance-service', {
    ...gigs.routes,
    ...orders(now, gigs.items),
    ...modelRoutes(
      {
        name: 'reviews',
        noun: 'Review',
        seed: [{ id: 1, order: 1, rating: 5, text: 'Exactly what I wanted.', author_id: 1001, ...seeded }],
        schema: reviewSchema,
        filters: ['order', 'rating'],
        extras: (x) => ({ author_id: callerId(x) }),
      },
      now,
    ).routes,
    ...modelRoutes(
      {
        name: 'proposals',
        noun: 'Proposal',
        seed: [{ id: 1, title: 'Menu card to go with the logo', price: 80, author_id: 1002, status: 'open', ...seeded }],
        schema: proposalSchema,
        filters: ['status', 'gig'],
        extras: (x) => ({ author_id: callerId(x), status: 'open' }),
      },
      now,
    ).routes,
  });
}

/** Orders go placed → delivered → completed; an order of an unknown gig is refused. */
function orders(now: () => number, gigs: Collection): Routes {
  const { routes, items } = modelRoutes(
    {
      name: 'orders',
      noun: 'Order',
      seed: [{ id: 1, gig: 1, buyer_id: 1001, price: 150, requirements: 'Warm colours.', status: 'delivered', ...seeded }],
      schema: orderSchema,
      filters: ['status', 'gig', 'buyer_id'],
      extras: (x) => {
        const gig = gigs.get(x.parse(orderSchema).gig);
        if (gig === undefined) throw new Failure(400, 'Invalid gig: object does not exist.');
        return { buyer_id: callerId(x), price: gig['price'], status: 'placed' };
      },
    },
    now,
  );
  const move =
    (from: string, to: string): Handler =>
    (x) => {
      const order = existing(items.get(x.param('id')), 'Order');
      if (order['status'] !== from) throw new Failure(409, `A ${String(order['status'])} order cannot become ${to}.`);
      return ok(items.update(order.id, { status: to, updated_at: new Date(now()).toISOString() }));
    };
  return {
    ...routes,
    'POST /api/orders/:id/deliver': move('placed', 'delivered'),
    'POST /api/orders/:id/complete': move('delivered', 'completed'),
  };
}

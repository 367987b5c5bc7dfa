import { z } from 'zod';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { callerId, djangoMock, modelRoutes, seeded } from './common.js';

const productSchema = z.object({
  name: z.string().min(1).max(200),
  category: z.int().positive().optional(),
  price: z.number().min(0).max(1_000_000),
  stock: z.int().min(0).max(1_000_000).default(1),
});
const categorySchema = z.object({ name: z.string().min(1).max(100) });

/** Products and their categories. */
export function marketplaceService({ now }: MockEnvironment): Mock {
  const products = modelRoutes(
    {
      name: 'products',
      noun: 'Product',
      seed: [
        { id: 1, name: 'Icon set, 400 pieces', category: 1, price: 25, stock: 9999, seller_id: 1002, ...seeded },
        { id: 2, name: 'Invoice template', category: 2, price: 9, stock: 9999, seller_id: 1002, ...seeded },
      ],
      schema: productSchema,
      filters: ['category', 'seller_id'],
      extras: (x) => ({ seller_id: callerId(x) }),
    },
    now,
  );
  const categories = modelRoutes(
    {
      name: 'categories',
      noun: 'Category',
      seed: [
        { id: 1, name: 'Design', ...seeded },
        { id: 2, name: 'Documents', ...seeded },
      ],
      schema: categorySchema,
    },
    now,
  );
  return djangoMock('marketplace-service', { ...products.routes, ...categories.routes });
}

import { z } from 'zod';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { ok } from '../../host/reply.js';
import { existing } from '../../host/resource.js';
import { callerId, djangoMock, modelRoutes, seeded } from './common.js';

const notificationSchema = z.object({ kind: z.string().max(50).default('message'), text: z.string().min(1).max(1000) });

/** Notifications of the caller. A WebSocket on any path is echoed. */
export function notificationService({ now }: MockEnvironment): Mock {
  const { routes, items } = modelRoutes(
    {
      name: 'notifications',
      noun: 'Notification',
      seed: [
        { id: 1, kind: 'order', text: 'Omar delivered your order "Bakery logo".', user_id: 1001, is_read: false, ...seeded },
        { id: 2, kind: 'review', text: 'Lena left a review.', user_id: 1002, is_read: true, ...seeded },
      ],
      schema: notificationSchema,
      filters: ['kind', 'is_read', 'user_id'],
      extras: (x) => ({ user_id: callerId(x), is_read: false }),
    },
    now,
  );
  return djangoMock('notification-service', {
    'GET /api/notifications/unread-count': (x) =>
      ok({ unread: items.all((item) => item['user_id'] === callerId(x) && item['is_read'] === false).length }),
    ...routes,
    'POST /api/notifications/:id/read': (x) => ok(existing(items.update(x.param('id'), { is_read: true }), 'Notification')),
  });
}

import { z } from 'zod';
import { Collection, paginate } from '../../host/collection.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { accepted, ok } from '../../host/reply.js';
import { selector } from '../../host/resource.js';
import { nestMock, nestPage, stamps } from '../nest.js';

const messageSchema = z.object({
  userId: z.string().min(1).max(50),
  channel: z.enum(['telegram', 'email', 'push']).default('telegram'),
  title: z.string().min(1).max(200),
  body: z.string().max(4096).default(''),
});
const broadcastSchema = messageSchema.omit({ userId: true }).extend({ role: z.enum(['student', 'creator', 'admin']).optional() });

/** Messages to users. The list is for looking behind the gateway, which lets only POST through. */
export function notificationService({ now }: MockEnvironment): Mock {
  const sent = new Collection('ntf_', []);
  return nestMock({
    'POST /notifications': (x) => accepted(sent.add({ ...x.parse(messageSchema), status: 'queued', ...stamps(now()) })),
    'POST /notifications/broadcast': (x) =>
      accepted({ ...sent.add({ ...x.parse(broadcastSchema), status: 'queued', ...stamps(now()) }), recipients: 1264 }),
    'GET /notifications': (x) => ok(nestPage(paginate(sent.all(selector(x.query, ['userId', 'channel'])), x.query))),
  });
}

import { z } from 'zod';
import { Collection } from '../../host/collection.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { ok } from '../../host/reply.js';
import { existing, resource } from '../../host/resource.js';
import type { Handler } from '../../host/router.js';
import { nestMock, nestPage, stamps } from '../nest.js';

const botSchema = z.object({
  name: z.string().min(1).max(100),
  username: z
    .string()
    .max(32)
    .regex(/^[A-Za-z][A-Za-z0-9_]*bot$/i, 'must end in bot'),
  courseId: z.string().max(50).optional(),
  welcomeMessage: z.string().max(4096).default('Welcome!'),
});

/** Telegram bots of creators. */
export function botService({ now }: MockEnvironment): Mock {
  const at = { createdAt: '2026-02-20T10:00:00.000Z', updatedAt: '2026-02-20T10:00:00.000Z' };
  const bots = new Collection('bot_', [
    { id: 'bot_1001', name: 'Korean Daily', username: 'korean_daily_bot', ownerId: 'usr_1002', status: 'running', subscribers: 412, ...at },
    { id: 'bot_1002', name: 'TS Quiz', username: 'ts_quiz_bot', ownerId: 'usr_1002', status: 'stopped', subscribers: 87, ...at },
  ]);
  const setStatus =
    (status: string): Handler =>
    (x) =>
      ok(existing(bots.update(x.param('id'), { status, updatedAt: new Date(now()).toISOString() }), 'Bot'));
  return nestMock({
    ...resource({
      path: '/bots',
      noun: 'Bot',
      items: bots,
      schema: botSchema,
      extras: (x) => ({ ownerId: x.userId('usr_1002'), status: 'stopped', subscribers: 0, ...stamps(now()) }),
      filters: ['status', 'ownerId', 'courseId'],
      page: nestPage,
      touch: () => ({}),
      verbs: ['list', 'create', 'read'],
    }),
    'POST /bots/:id/start': setStatus('running'),
    'POST /bots/:id/stop': setStatus('stopped'),
  });
}

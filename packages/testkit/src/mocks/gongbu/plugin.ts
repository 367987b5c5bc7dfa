import { z } from 'zod';
import { Collection, type Item } from '../../host/collection.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { created } from '../../host/reply.js';
import { existing, resource } from '../../host/resource.js';
import { nestMock, nestPage, stamps } from '../nest.js';

const plugin = (id: string, name: string, category: string, price: number, installs: number): Item => ({
  id,
  name,
  category,
  price,
  currency: 'USD',
  version: '1.2.0',
  rating: 4.6,
  installs,
  authorId: 'usr_1002',
  createdAt: '2026-01-30T11:00:00.000Z',
  updatedAt: '2026-03-03T11:00:00.000Z',
});

const pluginSchema = z.object({
  name: z.string().min(1).max(100),
  category: z.string().max(50).default('other'),
  price: z.number().min(0).max(10_000).default(0),
  version: z
    .string()
    .regex(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/)
    .default('0.1.0'),
});

/** The plugin market. */
export function pluginService({ now }: MockEnvironment): Mock {
  const plugins = new Collection('plg_', [
    plugin('plg_1001', 'Quiz Builder', 'assessment', 0, 1840),
    plugin('plg_1002', 'Certificates', 'assessment', 9, 640),
    plugin('plg_1003', 'Broadcast Scheduler', 'bots', 5, 973),
  ]);
  return nestMock({
    ...resource({
      path: '/plugins',
      noun: 'Plugin',
      items: plugins,
      schema: pluginSchema,
      extras: (x) => ({ currency: 'USD', rating: null, installs: 0, authorId: x.userId('usr_1002'), ...stamps(now()) }),
      filters: ['category', 'authorId'],
      page: nestPage,
      touch: () => ({}),
      verbs: ['list', 'create', 'read'],
    }),
    'POST /plugins/:id/install': (x) => {
      const { id, version, installs } = existing(plugins.get(x.param('id')), 'Plugin');
      plugins.update(id, { installs: Number(installs) + 1 });
      return created({ pluginId: id, version, userId: x.userId('usr_1001'), installedAt: new Date(now()).toISOString() });
    },
  });
}

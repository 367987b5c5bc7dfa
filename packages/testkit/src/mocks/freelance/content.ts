import { z } from 'zod';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { ok } from '../../host/reply.js';
import { existing } from '../../host/resource.js';
import { callerId, djangoMock, modelRoutes, seeded } from './common.js';

const key = z.int().positive();
const postSchema = z.object({ title: z.string().min(1).max(200), body: z.string().max(20_000).default(''), channel: key.optional() });
const channelSchema = z.object({ name: z.string().min(1).max(100), description: z.string().max(1000).default('') });
const commentSchema = z.object({ post: key, text: z.string().min(1).max(5000) });

/** Posts, channels and comments. */
export function contentService({ now }: MockEnvironment): Mock {
  const posts = modelRoutes(
    {
      name: 'posts',
      noun: 'Post',
      seed: [
        { id: 1, title: 'Five rules for a good brief', body: 'Say what it is for.', channel: 1, author_id: 1002, likes: 12, ...seeded },
        { id: 2, title: 'How I price my work', body: 'By value, not by hour.', channel: 1, author_id: 1002, likes: 31, ...seeded },
      ],
      schema: postSchema,
      filters: ['channel', 'author_id'],
      extras: (x) => ({ author_id: callerId(x), likes: 0 }),
    },
    now,
  );
  const channels = modelRoutes(
    {
      name: 'channels',
      noun: 'Channel',
      seed: [{ id: 1, name: 'design-talk', description: 'Everything about design.', owner_id: 1002, members: 214, ...seeded }],
      schema: channelSchema,
      extras: (x) => ({ owner_id: callerId(x), members: 1 }),
    },
    now,
  );
  const comments = modelRoutes(
    {
      name: 'comments',
      noun: 'Comment',
      seed: [{ id: 1, post: 1, text: 'Rule two saved me a week.', author_id: 1001, ...seeded }],
      schema: commentSchema,
      filters: ['post', 'author_id'],
      extras: (x) => ({ author_id: callerId(x) }),
    },
    now,
  );
  return djangoMock('content-service', {
    ...posts.routes,
    ...channels.routes,
    ...comments.routes,
    'POST /api/posts/:id/like': (x) => {
      const { id, likes } = existing(posts.items.get(x.param('id')), 'Post');
      return ok(posts.items.update(id, { likes: Number(likes) + 1 }));
    },
  });
}

import { z } from 'zod';
import { Collection, type Item } from '../../host/collection.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { resource } from '../../host/resource.js';
import { nestMock, nestPage, stamps } from '../nest.js';

const question = (text: string, limitSeconds = 120): object => ({ text, limitSeconds });

const seed: readonly Item[] = [
  {
    id: 'int_1001',
    title: 'Frontend developer, first round',
    position: 'Frontend developer',
    candidateEmail: 'mina.park@interview.example',
    status: 'scheduled',
    scheduledAt: '2026-04-02T09:00:00.000Z',
    questions: [question('Tell us about a project you are proud of.'), question('How do you find out why a page is slow?', 180)],
    ownerId: '8f14e45f-ceea-467f-9575-1f0a5b1c0002',
    createdAt: '2026-03-20T13:00:00.000Z',
    updatedAt: '2026-03-20T13:00:00.000Z',
  },
  {
    id: 'int_1002',
    title: 'Data engineer, screening',
    position: 'Data engineer',
    candidateEmail: 'joon.lee@example.org',
    status: 'completed',
    scheduledAt: '2026-03-11T15:30:00.000Z',
    questions: [question('Describe a pipeline that you built.')],
    score: 82,
    ownerId: '8f14e45f-ceea-467f-9575-1f0a5b1c0002',
    createdAt: '2026-03-05T10:00:00.000Z',
    updatedAt: '2026-03-11T16:10:00.000Z',
  },
];

const interviewSchema = z.object({
  title: z.string().min(1).max(200),
  position: z.string().max(200).default(''),
  candidateEmail: z.email().max(200).optional(),
  scheduledAt: z.iso.datetime().optional(),
  status: z.enum(['draft', 'scheduled', 'in_progress', 'completed', 'cancelled']).default('draft'),
  questions: z
    .array(z.object({ text: z.string().min(1).max(1000), limitSeconds: z.int().min(10).max(900).default(120) }))
    .max(50)
    .default([]),
});

/** Interviews: list, create, read, change, delete. */
export function interviewService({ now }: MockEnvironment): Mock {
  return nestMock(
    resource({
      path: '/interviews',
      noun: 'Interview',
      items: new Collection('int_', seed),
      schema: interviewSchema,
      extras: (x) => ({ ownerId: x.userId('8f14e45f-ceea-467f-9575-1f0a5b1c0002'), ...stamps(now()) }),
      filters: ['status', 'ownerId'],
      page: nestPage,
      touch: () => ({ updatedAt: new Date(now()).toISOString() }),
      verbs: ['list', 'create', 'read', 'replace', 'remove'],
    }),
  );
}

import { z } from 'zod';
import { Collection, type Item } from '../../host/collection.js';
import type { Exchange, JsonObject } from '../../host/exchange.js';
import { Failure } from '../../host/failure.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { ok, type Reply } from '../../host/reply.js';
import { existing, resource } from '../../host/resource.js';
import { learningMock, learningPage, learningStamps } from './common.js';

const assignmentSchema = z.object({
  title: z.string().min(1).max(200),
  deckId: z.string().min(1).max(50),
  studentIds: z.array(z.string().max(50)).max(200).default([]),
  dueAt: z.iso.datetime().optional(),
});
const progressSchema = z.object({
  cardsStudied: z.int().min(0).max(100_000),
  correct: z.int().min(0).max(100_000).default(0),
});

const seed: readonly Item[] = [
  {
    id: 'asg_1001',
    title: 'Greetings until Friday',
    deckId: 'dck_1001',
    studentIds: ['usr_1003'],
    dueAt: '2026-04-03T18:00:00.000Z',
    instructorId: 'usr_1002',
    createdAt: '2026-03-23T08:00:00.000Z',
    updatedAt: '2026-03-23T08:00:00.000Z',
  },
];

/** Assignments; a student's progress and completion are kept per assignment and student, and show in the analytics. */
export function assignmentService({ now }: MockEnvironment): Mock {
  const assignments = new Collection('asg_', seed);
  const progress = new Collection('prg_', []);
  const at = (): string => new Date(now()).toISOString();
  const find = (x: Exchange): Item => existing(assignments.get(x.param('id')), 'Assignment');
  const record = (x: Exchange, fields: JsonObject): Item => {
    const [assignmentId, studentId] = [find(x).id, x.userId('usr_1003')];
    const id = `${assignmentId}.${studentId}`;
    const before = progress.get(id);
    if (before?.['status'] === 'completed') throw new Failure(409, 'The assignment is completed already');
    const start = { id, assignmentId, studentId, cardsStudied: 0, correct: 0, status: 'in_progress', startedAt: at() };
    return progress.add({ ...start, ...before, ...fields, updatedAt: at() });
  };
  const analytics = (): Reply => {
    const done = progress.all((p) => p['status'] === 'completed').length;
    const studied = progress.all().reduce((sum, p) => sum + Number(p['cardsStudied']), 0);
    return ok({ assignments: assignments.size, started: progress.size, completed: done, cardsStudied: studied });
  };
  return learningMock(
    {
      'GET /api/assignments/analytics': analytics,
      ...resource({
        path: '/api/assignments',
        noun: 'Assignment',
        items: assignments,
        schema: assignmentSchema,
        extras: (x) => ({ instructorId: x.userId('usr_1002'), ...learningStamps(now()) }),
        filters: ['deckId', 'instructorId'],
        page: learningPage,
        touch: () => ({ updatedAt: at() }),
      }),
      'GET /api/assignments/:id/progress': (x) => {
        const { id } = find(x);
        const items = progress.all((p) => p['assignmentId'] === id);
        return ok(learningPage({ items, page: 1, limit: items.length, total: items.length }));
      },
      'POST /api/assignments/:id/progress': (x) => ok(record(x, x.parse(progressSchema))),
      'POST /api/assignments/:id/complete': (x) => ok(record(x, { status: 'completed', completedAt: at() })),
    },
    now,
    'redis',
    'kafka',
    'content-service',
  );
}

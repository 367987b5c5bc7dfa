import { z } from 'zod';
import { Collection, type Item, paginate } from '../../host/collection.js';
import type { Exchange } from '../../host/exchange.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { created, ok, type Reply } from '../../host/reply.js';
import { existing, resource } from '../../host/resource.js';
import { nestMock, nestPage, stamps } from '../nest.js';

const course = (id: string, title: string, category: string, level: string, price: number, lessonCount: number): Item => ({
  id,
  title,
  description: `${title}: ${lessonCount} lessons with exercises and a final project.`,
  category,
  level,
  price,
  currency: 'USD',
  language: 'en',
  authorId: 'usr_1002',
  lessonCount,
  enrolled: 40 + lessonCount * 3,
  published: true,
  createdAt: '2026-02-02T08:00:00.000Z',
  updatedAt: '2026-03-14T16:20:00.000Z',
});

const catalogue = (): Collection =>
  new Collection('crs_', [
    course('crs_1001', 'Korean for Beginners', 'languages', 'beginner', 29, 24),
    course('crs_1002', 'TypeScript in Practice', 'programming', 'intermediate', 49, 32),
    course('crs_1003', 'Telegram Bots from Zero', 'programming', 'beginner', 39, 18),
    course('crs_1004', 'Product Photography', 'design', 'advanced', 59, 15),
  ]);

const courseSchema = z.object({
  title: z.string().min(1).max(200),
  description: z.string().max(10_000).default(''),
  category: z.string().max(100).default('other'),
  level: z.enum(['beginner', 'intermediate', 'advanced']).default('beginner'),
  price: z.number().min(0).max(100_000).default(0),
  language: z.string().max(10).default('en'),
  published: z.boolean().default(false),
});

const lessonSchema = z.object({
  title: z.string().min(1).max(200),
  durationMinutes: z.int().min(1).max(600).default(10),
});

/** Courses, their lessons and enrolments. */
export function courseService({ now }: MockEnvironment): Mock {
  const courses = catalogue();
  const lessons = new Collection('lsn_', [
    { id: 'lsn_1001', courseId: 'crs_1001', title: 'Hangul: vowels', durationMinutes: 12, position: 1 },
    { id: 'lsn_1002', courseId: 'crs_1001', title: 'Hangul: consonants', durationMinutes: 15, position: 2 },
  ]);
  const lessonsOf = (courseId: string): Item[] => lessons.all((lesson) => lesson['courseId'] === courseId);
  const found = (x: Exchange): Item => existing(courses.get(x.param('id')), 'Course');

  const addLesson = (x: Exchange): Reply => {
    const { id } = found(x);
    const position = lessonsOf(String(id)).length + 1;
    const lesson = lessons.add({ courseId: id, ...x.parse(lessonSchema), position, ...stamps(now()) });
    courses.update(id, { lessonCount: position });
    return created(lesson);
  };
  const enrol = (x: Exchange): Reply => {
    const before = found(x);
    courses.update(before.id, { enrolled: Number(before['enrolled']) + 1 });
    return created({ courseId: before.id, userId: x.userId('usr_1001'), enrolledAt: new Date(now()).toISOString() });
  };
  return nestMock({
    ...resource({
      path: '/courses',
      noun: 'Course',
      items: courses,
      schema: courseSchema,
      extras: (x) => ({ currency: 'USD', authorId: x.userId('usr_1002'), lessonCount: 0, enrolled: 0, ...stamps(now()) }),
      filters: ['category', 'level', 'language', 'authorId', 'published'],
      page: nestPage,
      touch: () => ({ updatedAt: new Date(now()).toISOString() }),
    }),
    'GET /courses/:id/lessons': (x) => ok(nestPage(paginate(lessonsOf(String(found(x).id)), x.query))),
    'POST /courses/:id/lessons': addLesson,
    'POST /courses/:id/enroll': enrol,
  });
}

import { z } from 'zod';
import { Collection, type Item } from '../../host/collection.js';
import type { Exchange } from '../../host/exchange.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { ok } from '../../host/reply.js';
import { existing, resource } from '../../host/resource.js';
import type { Routes } from '../../host/router.js';
import { learningMock, learningPage, learningStamps } from './common.js';

const at = { createdAt: '2026-02-01T09:00:00.000Z', updatedAt: '2026-02-01T09:00:00.000Z' };

const seeds: Readonly<Record<string, readonly Item[]>> = {
  courses: [
    { id: 'crs_1001', title: 'Spanish A1', description: 'First words and sentences.', level: 'A1', instructorId: 'usr_1002', ...at },
    { id: 'crs_1002', title: 'Human Anatomy', description: 'Bones, muscles, organs.', level: 'intro', instructorId: 'usr_1002', ...at },
  ],
  decks: [
    { id: 'dck_1001', courseId: 'crs_1001', title: 'Greetings', cardCount: 2, ...at },
    { id: 'dck_1002', courseId: 'crs_1002', title: 'Bones of the hand', cardCount: 1, ...at },
  ],
  lessons: [{ id: 'lsn_1001', courseId: 'crs_1001', title: 'Hola', position: 1, body: 'How to greet people.', ...at }],
  flashcards: [
    { id: 'crd_1001', deckId: 'dck_1001', front: 'hello', back: 'hola', ...at },
    { id: 'crd_1002', deckId: 'dck_1001', front: 'good morning', back: 'buenos días', ...at },
    { id: 'crd_1003', deckId: 'dck_1002', front: 'scaphoid', back: 'lateral carpal bone, proximal row', ...at },
  ],
};

const text = (max: number): z.ZodString => z.string().min(1).max(max);
const id = z.string().min(1).max(50);

const schemas = {
  courses: z.object({ title: text(200), description: z.string().max(5000).default(''), level: z.string().max(50).default('A1') }),
  decks: z.object({ courseId: id, title: text(200) }),
  lessons: z.object({
    courseId: id,
    title: text(200),
    position: z.int().min(1).max(1000).default(1),
    body: z.string().max(50_000).default(''),
  }),
  flashcards: z.object({ deckId: id, front: text(1000), back: text(1000) }),
};

/** Courses, decks, lessons and flashcards. */
export function contentService({ now }: MockEnvironment): Mock {
  const cards = new Collection('crd_', seeds['flashcards'] ?? []);
  const decks = new Collection('dck_', seeds['decks'] ?? []);
  const routes = (name: keyof typeof schemas, noun: string, items: Collection, extras: (x: Exchange) => object = () => ({})): Routes =>
    resource({
      path: `/api/content/${name}`,
      noun,
      items,
      schema: schemas[name],
      extras: (x) => ({ ...extras(x), ...learningStamps(now()) }),
      filters: ['courseId', 'deckId', 'level', 'instructorId'],
      page: learningPage,
      touch: () => ({ updatedAt: new Date(now()).toISOString() }),
    });
  const cardsOf = (deckId: string): Item[] => cards.all((card) => card['deckId'] === deckId);
  return learningMock(
    {
      ...routes('courses', 'Course', new Collection('crs_', seeds['courses'] ?? []), (x) => ({ instructorId: x.userId('usr_1002') })),
      ...routes('decks', 'Deck', decks, () => ({ cardCount: 0 })),
      ...routes('lessons', 'Lesson', new Collection('lsn_', seeds['lessons'] ?? [])),
      ...routes('flashcards', 'Flashcard', cards),
      'GET /api/content/decks/:id/flashcards': (x) => {
        const deck = existing(decks.get(x.param('id')), 'Deck');
        const items = cardsOf(String(deck.id));
        return ok(learningPage({ items, page: 1, limit: items.length, total: items.length }));
      },
    },
    now,
    'redis',
    'kafka',
    'object-storage',
  );
}

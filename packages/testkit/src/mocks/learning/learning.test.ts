import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call } from '../../call.js';
import { ephemeralPorts, type Mocks, startMocks } from '../../start-mocks.js';

let mocks: Mocks;
const url = (service: string, path: string, target = 0): string => `${mocks.urls(`learning.${service}`)[target]}/api${path}`;
const signIn = async (email: string, password = 'password'): Promise<{ authorization: string }> => {
  const { accessToken } = (await call(url('auth', '/auth/login'), { json: { email, password } })).json as { accessToken: string };
  return { authorization: `Bearer ${accessToken}` };
};

beforeAll(async () => {
  mocks = await startMocks({ systems: ['learning'], ports: ephemeralPorts });
});
afterAll(() => mocks.close());

describe('learning', () => {
  test('an admin makes an instructor, who makes a student but no instructor', async () => {
    const admin = await signIn('admin@learning.example');
    const instructor = { email: 'i@learning.example', name: 'I', role: 'instructor', password: 'i-secret' };
    expect((await call(url('auth', '/auth/users'), { json: instructor, headers: admin })).status).toBe(201);
    const headers = await signIn('i@learning.example', 'i-secret');
    expect((await call(url('auth', '/auth/users'), { json: { email: 's@learning.example', name: 'S' }, headers })).status).toBe(201);
    const another = await call(url('auth', '/auth/users'), { json: { ...instructor, email: 'j@learning.example' }, headers });
    expect(another).toMatchObject({ status: 403, headers: { 'content-type': 'application/problem+json' } });
  });

  test('content made at one target is listed at the other', async () => {
    const deck = (await call(url('content', '/content/decks'), { json: { courseId: 'crs_1001', title: 'Food' } })).json as { id: string };
    await call(url('content', '/content/flashcards', 1), { json: { deckId: deck.id, front: 'bread', back: 'pan' } });
    const cards = await call(url('content', `/content/decks/${deck.id}/flashcards`));
    expect(cards.json).toMatchObject({ items: [{ front: 'bread' }], total: 1 });
    expect((await call(url('content', '/content/decks?courseId=crs_1001', 1))).json).toMatchObject({ total: 2 });
  });

  test('a student makes progress and completes, once; the figures show it', async () => {
    const headers = await signIn('student@learning.example');
    const path = '/assignments/asg_1001';
    const studied = await call(url('assignment', `${path}/progress`), { json: { cardsStudied: 2, correct: 1 }, headers });
    expect(studied.json).toMatchObject({ studentId: 'usr_1003', status: 'in_progress' });
    const complete = () => call(url('assignment', `${path}/complete`), { method: 'POST', headers });
    expect((await complete()).json).toMatchObject({ status: 'completed', cardsStudied: 2 });
    expect((await complete()).status).toBe(409);
    expect((await call(url('assignment', '/assignments/analytics'))).json).toMatchObject({ completed: 1, cardsStudied: 2 });
  });

  test('health tells of database, dependencies and resources', async () => {
    const health = await call(`${mocks.urls('learning.content')[0]}/health`);
    expect(health.json).toMatchObject({
      status: 'healthy',
      database: { status: 'up' },
      dependencies: { kafka: {} },
      resources: { memory: {} },
    });
  });
});

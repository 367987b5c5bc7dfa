import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call } from '../../call.js';
import { ephemeralPorts, type Mocks, startMocks } from '../../start-mocks.js';

let mocks: Mocks;
const url = (service: string, path: string): string => `${mocks.urls(`freelance.${service}`)[0]}/api${path}`;

beforeAll(async () => {
  mocks = await startMocks({ systems: ['freelance'], ports: ephemeralPorts });
});
afterAll(() => mocks.close());

describe('freelance', () => {
  test.each(['/gigs/', '/gigs'])('%s answers in either form', async (path) => {
    expect((await call(url('freelance', path))).json).toMatchObject({ count: 2, next: null, results: [{ id: 1 }, { id: 2 }] });
  });

  test('who signs up signs in and reads the profile', async () => {
    const json = { username: 'nadia', email: 'nadia@example.org', password: 'long-enough' };
    expect((await call(url('user', '/users/'), { json })).status).toBe(201);
    expect((await call(url('user', '/users/'), { json })).json).toMatchObject({ error: 'A user with that username already exists.' });
    const { access, refresh } = (await call(url('user', '/auth/login/'), { json })).json as { access: string; refresh: string };
    const profile = await call(url('user', '/profile/'), { headers: { authorization: `Bearer ${access}` } });
    expect(profile.json).toMatchObject({ username: 'nadia', roles: ['client'] });
    expect((await call(url('user', '/auth/refresh/'), { json: { refresh } })).status).toBe(200);
  });

  test('an order is placed, delivered, completed', async () => {
    const order = await call(url('freelance', '/orders/'), { json: { gig: 2 }, headers: { 'x-user-id': '1001' } });
    expect(order).toMatchObject({ status: 201, json: { status: 'placed', price: 420, buyer_id: 1001 } });
    const { id } = order.json as { id: number };
    const move = (verb: string) => call(url('freelance', `/orders/${id}/${verb}/`), { method: 'POST' });
    expect((await move('complete')).status).toBe(409);
    expect((await move('deliver')).json).toMatchObject({ status: 'delivered' });
    expect((await move('complete')).json).toMatchObject({ status: 'completed' });
    expect((await call(url('freelance', '/orders/'), { json: { gig: 99 } })).status).toBe(400);
  });

  test('pages are linked', async () => {
    expect((await call(url('content', '/posts/?page_size=1'))).json).toMatchObject({
      count: 2,
      next: '/api/posts/?page_size=1&page=2',
      previous: null,
    });
  });

  test('posts, comments, products, categories, notifications and proposals are kept', async () => {
    const made: readonly (readonly [string, string, object])[] = [
      ['content', '/comments/', { post: 1, text: 'Thanks' }],
      ['content', '/channels/', { name: 'code' }],
      ['marketplace', '/products/', { name: 'Font', price: 30 }],
      ['marketplace', '/categories/', { name: 'Fonts' }],
      ['notification', '/notifications/', { text: 'Hi' }],
      ['freelance', '/proposals/', { title: 'Offer', price: 10 }],
      ['freelance', '/reviews/', { order: 1, rating: 4 }],
    ];
    for (const [service, path, json] of made) {
      const { id } = (await call(url(service, path), { json })).json as { id: number };
      expect((await call(url(service, `${path}${id}/`))).json).toMatchObject(json);
    }
    expect((await call(url('content', '/posts/1/like/'), { method: 'POST' })).json).toMatchObject({ likes: 13 });
  });
});

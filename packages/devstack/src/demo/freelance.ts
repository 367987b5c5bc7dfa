import type { Walk } from './step.js';

/** The freelance market. */
export const freelance: Walk = {
  system: 'freelance',
  title: 'freelance: freelance market',
  steps: [
    {
      shows: 'sign-up is public',
      request: 'POST /api/users/',
      json: { username: 'demo-{nonce}', email: 'demo-{nonce}@freelance.example', password: 'long-enough' },
      status: 201,
      keep: { userId: 'id' },
    },
    {
      shows: 'sign-in too',
      request: 'POST /api/auth/login/',
      json: { username: 'demo-{nonce}', password: 'long-enough' },
      status: 200,
      keep: { access: 'access' },
    },
    { shows: 'the own profile', request: 'GET /api/profile/', bearer: 'access', status: 200, has: { username: /^demo-/ } },
    { shows: 'gigs, with the trailing slash', request: 'GET /api/gigs/', bearer: 'access', status: 200, has: { results: [{ id: 1 }] } },
    {
      shows: 'and without: both forms reach the service',
      request: 'GET /api/gigs',
      bearer: 'access',
      status: 200,
      reaches: { service: 'freelance.freelance' },
    },
    {
      shows: 'an order is placed',
      request: 'POST /api/orders/',
      bearer: 'access',
      json: { gig: 1, requirements: 'Warm colours' },
      status: 201,
      has: { status: 'placed' },
      keep: { order: 'id' },
    },
    {
      shows: 'and delivered',
      request: 'POST /api/orders/{order}/deliver/',
      as: 'freelancer',
      json: {},
      status: 200,
      has: { status: 'delivered' },
    },
    {
      shows: 'a comment on a post',
      request: 'POST /api/comments/',
      bearer: 'access',
      json: { post: 1, text: 'Thanks' },
      status: 201,
      reaches: { service: 'freelance.content' },
    },
    { shows: 'products', request: 'GET /api/products/', bearer: 'access', status: 200, reaches: { service: 'freelance.marketplace' } },
    {
      shows: 'notifications',
      request: 'GET /api/notifications/unread-count/',
      bearer: 'access',
      status: 200,
      reaches: { service: 'freelance.notification' },
    },
    {
      shows: 'a WebSocket goes through',
      request: 'GET /ws/',
      bearer: 'access',
      message: 'hello',
      status: 101,
      reaches: { service: 'freelance.notification' },
    },
    { shows: 'an unknown path', request: 'GET /api/nothing/', bearer: 'access', status: 404, has: { error: 'Not found' }, reaches: null },
  ],
};

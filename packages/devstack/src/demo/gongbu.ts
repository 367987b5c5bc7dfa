import type { Walk } from './step.js';

const origin = 'https://mini-app.gongbu.app';

/** The course platform. */
export const gongbu: Walk = {
  system: 'gongbu',
  title: 'gongbu: course platform',
  steps: [
    {
      shows: 'a browser may call from the mini-app (CORS preflight)',
      request: 'OPTIONS /courses',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      status: 200,
      answers: { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' },
      reaches: null,
    },
    {
      shows: 'sign-in is public',
      request: 'POST /auth/login',
      json: { email: 'creator@gongbu.app', password: 'password' },
      status: 200,
      has: { tokenType: 'Bearer', user: { role: 'creator' } },
      keep: { creator: 'accessToken' },
      reaches: { service: 'gongbu.auth' },
    },
    {
      shows: 'the token tells who asks',
      request: 'GET /users/me',
      bearer: 'creator',
      status: 200,
      has: { email: 'creator@gongbu.app' },
    },
    {
      shows: 'a creator makes a course',
      request: 'POST /courses',
      bearer: 'creator',
      json: { title: 'Watercolour {nonce}', category: 'design', price: 19 },
      status: 201,
      has: { currency: 'USD' },
      keep: { course: 'id' },
    },
    {
      shows: 'and everyone who may read finds it',
      request: 'GET /courses/{course}',
      as: 'student',
      status: 200,
      has: { category: 'design' },
      answers: { 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'x-request-id': /^demo-/ },
    },
    {
      shows: 'an identity header of a client never reaches a service',
      request: 'GET /courses',
      as: 'student',
      headers: { 'X-User-Roles': 'admin', X_User_Roles: 'admin' },
      status: 200,
      reaches: { service: 'gongbu.course', headers: { x_user_roles: null, 'x-request-id': /^demo-/ } },
    },
    {
      shows: 'changed by its creator',
      request: 'PUT /courses/{course}',
      bearer: 'creator',
      json: { price: 25 },
      status: 200,
      has: { price: 25 },
    },
    { shows: 'deleted by an admin', request: 'DELETE /courses/{course}', as: 'admin', status: 204 },
    {
      shows: 'a payment begins as pending',
      request: 'POST /payments',
      as: 'student',
      json: { amount: 29, courseId: 'crs_1001' },
      status: 201,
      has: { status: 'pending' },
    },
    {
      shows: 'analytics is read-only',
      request: 'POST /analytics/overview',
      as: 'admin',
      json: {},
      status: 405,
      answers: { allow: /GET/ },
      reaches: null,
    },
    { shows: 'bots, plugins', request: 'GET /bots', as: 'creator', status: 200, has: { meta: { page: 1 } } },
    {
      shows: 'an unknown path is 404 in the form of the system',
      request: 'GET /coursesX',
      status: 404,
      has: { statusCode: 404, error: 'Not Found' },
      reaches: null,
    },
  ],
};

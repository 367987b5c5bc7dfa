import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Router } from './router.js';

const name = (text: string) => () => ({ status: 200, json: text });
const router = new Router({
  'GET /users/me': name('me'),
  'GET /users/:id': name('one'),
  'PUT /users/:id': name('put'),
  'GET /files/*': name('files'),
});

describe('router', () => {
  test('takes the first line that fits and decodes its parameters', () => {
    expect(router.match('GET', '/users/a%20b')).toMatchObject({ params: { id: 'a b' } });
    expect(router.match('GET', '/users/me')).toMatchObject({ params: {} });
    expect(router.match('HEAD', '/files/x/y')).toMatchObject({ params: {} });
  });

  test('says which methods a path has, none for an unknown path', () => {
    expect(router.match('DELETE', '/users/7')).toEqual({ handler: undefined, allow: ['GET', 'PUT'] });
    expect(router.match('GET', '/users')).toEqual({ handler: undefined, allow: [] });
    expect(router.match('GET', '/users/')).toEqual({ handler: undefined, allow: [] });
  });

  test('survives any path', () => {
    fc.assert(fc.property(fc.string(), (path) => router.match('GET', `/users/${path}`) !== undefined));
    expect(router.match('GET', '/users/%zz')).toMatchObject({ params: { id: '%zz' } });
  });
});

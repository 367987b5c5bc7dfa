import { z } from 'zod';
import { Collection, type Item } from '../../host/collection.js';
import type { Exchange } from '../../host/exchange.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { ok } from '../../host/reply.js';
import { roleClaims } from '../../tokens.js';
import { nestMock, stamps } from '../nest.js';

const profile = (role: string, firstName: string, lastName: string, title: string): Item => {
  const claims = roleClaims.interview[role] ?? {};
  return {
    id: String(claims['sub']),
    email: claims['email'],
    firstName,
    lastName,
    title,
    locale: 'en',
    createdAt: '2026-01-08T07:45:00.000Z',
    updatedAt: '2026-01-08T07:45:00.000Z',
  };
};

const changeSchema = z
  .object({
    firstName: z.string().min(1).max(100),
    lastName: z.string().min(1).max(100),
    title: z.string().max(200),
    locale: z.string().max(10),
    phone: z.string().max(30),
  })
  .partial();

/** The signed-in person's profile; one is made for a person who comes for the first time. */
export function userService({ now }: MockEnvironment): Mock {
  const profiles = new Collection('', [
    profile('candidate', 'Mina', 'Park', 'Frontend developer'),
    profile('recruiter', 'David', 'Stone', 'Talent partner'),
    profile('admin', 'Ana', 'Silva', 'Head of hiring'),
  ]);
  const me = (x: Exchange): Item => {
    const id = x.userId(String(roleClaims.interview['candidate']?.['sub']));
    const known = profiles.get(id);
    if (known !== undefined) return known;
    const email = x.headers['x-user-email'] ?? x.claims['email'] ?? null;
    return profiles.add({ id, email, firstName: 'New', lastName: 'User', title: '', locale: 'en', ...stamps(now()) });
  };
  return nestMock({
    'GET /users/me': (x) => ok(me(x)),
    'PUT /users/me': (x) => {
      const { id } = me(x);
      return ok(profiles.update(id, { ...x.parse(changeSchema), updatedAt: new Date(now()).toISOString() }));
    },
  });
}

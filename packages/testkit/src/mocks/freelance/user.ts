import { z } from 'zod';
import { Collection, type Item, paginate } from '../../host/collection.js';
import type { Exchange } from '../../host/exchange.js';
import { Failure } from '../../host/failure.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { created, noContent, ok, type Reply } from '../../host/reply.js';
import { existing, selector } from '../../host/resource.js';
import type { Handler } from '../../host/router.js';
import { Passwords, refreshSchema, Sessions, type TokenPair, wrongPassword } from '../session.js';
import { callerId, djangoMock, djangoPage, seeded } from './common.js';

const account = (id: number, username: string, fullName: string, roles: readonly string[], headline: string): Item => ({
  id,
  username,
  email: `${username}@freelance.example`,
  full_name: fullName,
  roles,
  headline,
  ...seeded,
});

const username = z
  .string()
  .max(30)
  .regex(/^[\w.@+-]+$/);
const loginSchema = z.object({ username: username.optional(), email: z.string().max(200).optional(), password: z.string().max(200) });
const signUpSchema = z.object({
  username,
  email: z.email().max(200),
  password: z.string().min(8).max(200),
  full_name: z.string().max(200).default(''),
});
const profileSchema = z.object({ full_name: z.string().max(200), headline: z.string().max(300), email: z.email().max(200) }).partial();

const pair = ({ accessToken, refreshToken }: TokenPair): object => ({ access: accessToken, refresh: refreshToken });

/** Sign-in, sign-up, users and the caller's profile. */
export function userService({ now, secrets }: MockEnvironment): Mock {
  const users = new Collection('', [
    account(1001, 'lena', 'Lena Fischer', ['client'], 'Runs a small bakery'),
    account(1002, 'omar', 'Omar Haddad', ['freelancer'], 'Logo and brand design'),
    account(1003, 'staff', 'Site Staff', ['admin'], ''),
  ]);
  const sessions = new Sessions(secrets.freelance, now);
  const passwords = new Passwords();
  const open = (user: Item): object =>
    pair(sessions.open({ token_type: 'access', user_id: user.id, username: user['username'], roles: user['roles'] }));
  const me = (x: Exchange): Item => existing(users.get(callerId(x)), 'User');
  const login = (x: Exchange): Reply => {
    const wanted = x.parse(loginSchema);
    const user = users.all((u) => u['username'] === (wanted.username ?? '') || u['email'] === (wanted.email ?? ''))[0];
    if (user === undefined || !passwords.fits(String(user['username']), wanted.password)) throw wrongPassword();
    return ok({ ...open(user), user });
  };
  const signUp = (x: Exchange): Reply => {
    const { password, ...fields } = x.parse(signUpSchema);
    if (users.all((u) => u['username'] === fields.username).length > 0) throw new Failure(400, 'A user with that username already exists.');
    passwords.set(fields.username, password);
    const at = new Date(now()).toISOString();
    return created(users.add({ ...fields, roles: ['client'], headline: '', created_at: at, updated_at: at }));
  };
  const changeProfile: Handler = (x) =>
    ok(users.update(me(x).id, { ...x.parse(profileSchema), updated_at: new Date(now()).toISOString() }));
  return djangoMock('user-service', {
    'POST /api/auth/login': login,
    'POST /api/auth/refresh': (x) => ok(pair(sessions.refresh(x.parse(refreshSchema).refresh ?? ''))),
    'POST /api/auth/logout': (x) => {
      sessions.close(x.parse(refreshSchema).refresh ?? '');
      return noContent;
    },
    'POST /api/users': signUp,
    'GET /api/users': (x) => ok(djangoPage(paginate(users.all(selector(x.query, ['username'])), x.query), x)),
    'GET /api/users/:id': (x) => ok(existing(users.get(x.param('id')), 'User')),
    'GET /api/profile': (x) => ok(me(x)),
    'PUT /api/profile': changeProfile,
    'PATCH /api/profile': changeProfile,
  });
}

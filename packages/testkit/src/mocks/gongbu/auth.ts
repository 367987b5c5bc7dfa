import { z } from 'zod';
import { Collection, type Item, paginate } from '../../host/collection.js';
import type { Exchange } from '../../host/exchange.js';
import { Failure, notFound } from '../../host/failure.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { created, noContent, ok, type Reply } from '../../host/reply.js';
import { existing, selector } from '../../host/resource.js';
import type { Claims } from '../../tokens.js';
import { roleClaims } from '../../tokens.js';
import { nestMock, nestPage, stamps } from '../nest.js';
import { Passwords, pick, refreshSchema, Sessions, wrongPassword } from '../session.js';

const person = (role: 'student' | 'creator' | 'admin', email: string, firstName: string, username: string): Item => ({
  id: String(roleClaims.gongbu[role]?.['userId']),
  email,
  firstName,
  username,
  ...roleClaims.gongbu[role],
  createdAt: '2026-01-12T09:30:00.000Z',
  updatedAt: '2026-01-12T09:30:00.000Z',
});

const people = (): Collection =>
  new Collection('usr_', [
    person('student', 'student@gongbu.app', 'Jisoo', 'jisoo_k'),
    person('creator', 'creator@gongbu.app', 'Minho', 'minho_teaches'),
    person('admin', 'admin@gongbu.app', 'Sora', 'sora_admin'),
  ]);

const loginSchema = z.object({ email: z.email().max(200), password: z.string().min(1).max(200) });
const registerSchema = loginSchema.extend({
  firstName: z.string().min(1).max(100).default('New'),
  telegramId: z.int().positive().optional(),
});

const claimsOf = (user: Item): Claims => pick(user, 'userId', 'telegramId', 'role', 'subscriptionPlan', 'permissions');

/** Sign-in and users: POST /auth/*, GET /users/*, and the internal look-up by Telegram id that the auth sidecar uses. */
export function authService({ now, secrets }: MockEnvironment): Mock {
  const users = people();
  const sessions = new Sessions(secrets.gongbu, now);
  const passwords = new Passwords();
  const signIn = (user: Item): object => ({ ...sessions.open(claimsOf(user)), tokenType: 'Bearer', user });
  const byField = (name: string, value: unknown): Item | undefined => users.all((user) => user[name] === value)[0];

  const login = (x: Exchange): Reply => {
    const { email, password } = x.parse(loginSchema);
    const user = byField('email', email);
    if (user === undefined || !passwords.fits(email, password)) throw wrongPassword();
    return ok(signIn(user));
  };
  const register = (x: Exchange): Reply => {
    const { email, password, firstName, telegramId = null } = x.parse(registerSchema);
    if (byField('email', email) !== undefined) throw new Failure(409, 'Email already registered');
    const rest = { role: 'student', subscriptionPlan: 'free', permissions: ['course:read'], ...stamps(now()) };
    passwords.set(email, password);
    const user = users.add({ email, firstName, telegramId, ...rest });
    return created(signIn(users.update(user.id, { userId: user.id }) ?? user));
  };
  const telegram = (x: Exchange): Reply => {
    const user = byField('telegramId', Number(x.param('id')));
    if (user === undefined) throw notFound('User');
    return ok(claimsOf(user));
  };
  return nestMock({
    'POST /auth/login': login,
    'POST /auth/register': register,
    'POST /auth/refresh': (x) => ok({ ...sessions.refresh(x.parse(refreshSchema).refreshToken ?? ''), tokenType: 'Bearer' }),
    'POST /auth/logout': (x) => {
      sessions.close(x.parse(refreshSchema).refreshToken ?? '');
      return noContent;
    },
    'POST /auth/forgot-password': () => ok({ message: 'If the address is known, a letter is on its way' }),
    'GET /users': (x) => ok(nestPage(paginate(users.all(selector(x.query, ['role', 'subscriptionPlan'])), x.query))),
    'GET /users/me': (x) => ok(existing(users.get(x.userId('usr_1001')), 'User')),
    'GET /users/:id': (x) => ok(existing(users.get(x.param('id')), 'User')),
    'GET /internal/telegram/:id': telegram,
  });
}

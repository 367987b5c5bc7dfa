import { z } from 'zod';
import { type Collection, type Item, paginate } from '../../host/collection.js';
import type { Exchange } from '../../host/exchange.js';
import { Failure } from '../../host/failure.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { created, noContent, ok, type Reply } from '../../host/reply.js';
import { existing, selector } from '../../host/resource.js';
import { Passwords, refreshSchema, Sessions, wrongPassword } from '../session.js';
import { learningMock, learningPage, learningStamps } from './common.js';

const loginSchema = z.object({ email: z.email().max(200), password: z.string().min(1).max(200) });
const registerSchema = loginSchema.extend({ name: z.string().min(1).max(100) });
const userSchema = z.object({
  email: z.email().max(200),
  name: z.string().min(1).max(100),
  role: z.enum(['student', 'instructor']).default('student'),
  password: z.string().min(1).max(200).default('password'),
});

/** Sign-in, sign-up and users. Who may make whom is checked here as well: an instructor makes students, an admin also instructors. */
export function authService({ now, secrets }: MockEnvironment, users: Collection): Mock {
  const sessions = new Sessions(secrets.learning, now);
  const passwords = new Passwords();
  const signIn = (user: Item): object => ({ ...sessions.open({ sub: user.id, role: user['role'] }), tokenType: 'Bearer', user });
  const byEmail = (email: string): Item | undefined => users.all((user) => user['email'] === email)[0];
  const add = (fields: { email: string; name: string; role: string }, password: string): Item => {
    if (byEmail(fields.email) !== undefined) throw new Failure(409, 'A user with this e-mail exists already');
    passwords.set(fields.email, password);
    return users.add({ ...fields, ...learningStamps(now()) });
  };
  const login = (x: Exchange): Reply => {
    const { email, password } = x.parse(loginSchema);
    const user = byEmail(email);
    if (user === undefined || !passwords.fits(email, password)) throw wrongPassword();
    return ok(signIn(user));
  };
  const makeUser = (x: Exchange): Reply => {
    const { password, ...fields } = x.parse(userSchema);
    if (x.claims['role'] === 'instructor' && fields.role !== 'student') throw new Failure(403, 'An instructor can create students only');
    return created(add(fields, password));
  };
  return learningMock(
    {
      'POST /api/auth/login': login,
      'POST /api/auth/register': (x) => {
        const { email, name, password } = x.parse(registerSchema);
        return created(signIn(add({ email, name, role: 'student' }, password)));
      },
      'POST /api/auth/refresh': (x) => ok({ ...sessions.refresh(x.parse(refreshSchema).refreshToken ?? ''), tokenType: 'Bearer' }),
      'POST /api/auth/logout': (x) => {
        sessions.close(x.parse(refreshSchema).refreshToken ?? '');
        return noContent;
      },
      'GET /api/auth/me': (x) => ok(existing(users.get(x.userId('usr_1003')), 'User')),
      'POST /api/auth/users': makeUser,
      'GET /api/auth/users': (x) => ok(learningPage(paginate(users.all(selector(x.query, ['role'])), x.query))),
      'GET /api/auth/users/:id': (x) => ok(existing(users.get(x.param('id')), 'User')),
    },
    now,
    'redis',
    'kafka',
  );
}

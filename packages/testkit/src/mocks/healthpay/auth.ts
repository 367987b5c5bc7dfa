import { z } from 'zod';
import { Collection, type Item } from '../../host/collection.js';
import type { Exchange } from '../../host/exchange.js';
import { notFound } from '../../host/failure.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { ok } from '../../host/reply.js';
import { refreshSchema, Sessions } from '../session.js';
import { done, healthpayMock, type Outcome, refused } from './common.js';
import type { Ledger } from './ledger.js';
import { Otps } from './otp.js';

const phoneNumber = z.string().regex(/^\+[1-9]\d{7,14}$/, 'must be an international number such as +201001234567');
const requestSchema = z.object({ phoneNumber, language: z.enum(['en', 'ar']).default('en') });
const verifySchema = z.object({ phoneNumber, otp: z.string().regex(/^\d{4,8}$/, 'must be 4 to 8 digits') });

const sent = { en: 'A code is on its way to your phone.', ar: 'تم إرسال رمز التحقق إلى هاتفك.' };

const user = (id: string, phone: string, name: string, role: string): Item => ({ id, phoneNumber: phone, name, role, language: 'en' });

/** Sign-in by one-time password. `GET /__mock/otp/:phoneNumber` shows the code that was sent, as no phone will. */
export function authService(environment: MockEnvironment, ledger: Ledger): Mock {
  const { now, secrets } = environment;
  const otps = new Otps(now);
  const sessions = new Sessions(secrets.healthpay, now);
  const users = new Collection('usr_', [
    user('usr_1001', '+201001234567', 'Yasmin Adel', 'user'),
    user('usr_1002', '+201112345678', 'Cairo Clinic', 'merchant'),
    user('usr_1003', '+201223456789', 'HealthPay Support', 'admin'),
  ]);
  const join = (phone: string): Item => {
    const known = users.all((entry) => entry['phoneNumber'] === phone)[0];
    if (known !== undefined) return known;
    const joined = users.add({ phoneNumber: phone, name: '', role: 'user', language: 'en' });
    const at = ledger.at();
    const wallet = { userId: joined.id, name: 'Main wallet', currency: 'EGP', balance: 0, status: 'active', createdAt: at, updatedAt: at };
    ledger.wallets.add(wallet);
    return joined;
  };
  const verify = (x: Exchange): Outcome => {
    const { phoneNumber: phone, otp } = x.parse(verifySchema);
    const verdict = otps.verify(phone, otp);
    if (verdict !== 'ok') return refused(verdict);
    const person = join(phone);
    const wallets = ledger.wallets.all((wallet) => wallet['userId'] === person.id).map((wallet) => wallet.id);
    const { accessToken, refreshToken, expiresIn } = sessions.open({ sub: person.id, role: person['role'], wallets });
    return done({ token: accessToken, refreshToken, expiresIn, user: person });
  };
  const operations = {
    'POST /auth/request-otp': (x: Exchange): Outcome => {
      const wanted = x.parse(requestSchema);
      otps.request(wanted.phoneNumber);
      return done({ message: sent[wanted.language], expiresIn: 300 });
    },
    'POST /auth/verify-otp': verify,
    'POST /auth/refresh': (x: Exchange): Outcome => {
      const { accessToken, refreshToken, expiresIn } = sessions.refresh(x.parse(refreshSchema).refreshToken ?? '');
      return done({ token: accessToken, refreshToken, expiresIn });
    },
  };
  return healthpayMock('auth', environment, operations, {
    'GET /__mock/otp/:phoneNumber': (x) => {
      const pending = otps.peek(x.param('phoneNumber'));
      if (pending === undefined) throw notFound('One-time password');
      return ok(pending);
    },
  });
}

import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Dependencies } from '../dependencies.js';
import { HttpFault, unavailable } from '../http/fault.js';
import { jsonBytes, jsonOf } from '../http/json-body.js';
import { signingKeysOf } from '../tokens/signing-keys.js';
import { AuthService } from './auth-service.js';
import { botKeys } from './bot-keys.js';
import { MemorySessionStore } from './memory-session-store.js';
import type { Trace } from './person.js';
import { RedisSessionStore } from './redis-session-store.js';
import type { TelegramSessionStore } from './session.js';
import { secretReference, telegramSettings } from './settings.js';
import { SYSTEM, TelegramSignIn } from './sign-in.js';
import { GongbuTokens } from './tokens.js';

/** Bytes of a body: a Mini App's data has a few hundred. */
const BODY_MAX = 16_384;

const refreshSchema = z.strictObject({ refreshToken: z.string().min(1).max(2048) });

function sessionStore(deps: Dependencies): TelegramSessionStore {
  const shared = deps.sharedMemory(SYSTEM);
  return shared ? new RedisSessionStore(shared.redis, shared.keys) : new MemorySessionStore(() => deps.now());
}

/** Null when the place has no bot, or no secret to sign by. */
function createSignIn(deps: Dependencies): TelegramSignIn | null {
  const bot = secretReference(deps.variables, 'GONGBU_TELEGRAM_BOT_TOKEN', 'TELEGRAM_BOT_TOKEN');
  const secret = secretReference(deps.variables, 'GONGBU_JWT_SECRET', 'JWT_SECRET');
  if (bot === null || secret === null) return null;
  const { authService, times } = telegramSettings(deps.variables);
  const { replay, revocations } = deps.stores(SYSTEM);
  const signing = signingKeysOf(deps);
  return new TelegramSignIn({
    ...deps,
    keys: botKeys(deps.secrets.read(bot)),
    times,
    tokens: new GongbuTokens(deps.secrets.read(secret), times),
    people: new AuthService(authService, { fetch: deps.fetch, serviceToken: (audience) => signing.serviceToken(audience) }),
    sessions: sessionStore(deps),
    replay,
    revocations,
  });
}

const traceOf = (request: Request): Trace => ({ requestId: request.get('x-request-id'), traceparent: request.get('traceparent') });

/**
 * `POST /auth/telegram` and `POST /auth/telegram/refresh`; both 503 where no bot is configured.
 * @throws SettingsError, BotTokenError for settings that can't be used
 */
export function telegramRoutes(deps: Dependencies): Router {
  const router = Router({ caseSensitive: true });
  const signIn = createSignIn(deps);
  if (signIn === null) deps.log('warn', 'Telegram sign-in is off: GONGBU_TELEGRAM_BOT_TOKEN or GONGBU_JWT_SECRET is not set');
  const inUse = (): TelegramSignIn => {
    if (signIn === null) throw unavailable('no Telegram bot is configured', 60);
    return signIn;
  };
  router.post('/auth/telegram', jsonBytes(BODY_MAX), async (request: Request, response: Response) => {
    const pair = await inUse().signIn(jsonOf(request), traceOf(request));
    response.set('Cache-Control', 'no-store').json(pair);
  });
  router.post('/auth/telegram/refresh', jsonBytes(BODY_MAX), async (request: Request, response: Response) => {
    const body = refreshSchema.safeParse(jsonOf(request));
    if (!body.success) throw new HttpFault('bad_request', { message: 'refreshToken is required' });
    const pair = await inUse().refresh(body.data.refreshToken, traceOf(request));
    response.set('Cache-Control', 'no-store').json(pair);
  });
  router.all(['/auth/telegram', '/auth/telegram/refresh'], () => {
    throw new HttpFault('method_not_allowed', { headers: [['Allow', 'POST']] });
  });
  return router;
}

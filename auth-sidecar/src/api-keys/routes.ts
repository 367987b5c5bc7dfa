import { ApiKeys, type ErrorCode, type IssuedApiKey } from '@gatehouse/policy';
import { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express';
import type { z } from 'zod';
import type { Dependencies } from '../dependencies.js';
import { badRequest, HttpFault, unavailable } from '../http/fault.js';
import { jsonBytes, jsonOf, optionalJsonOf } from '../http/json-body.js';
import { secretReference } from '../telegram/settings.js';
import { actorOf, adminsOf } from './admins.js';
import { keyId, keyView, listQuery, newKey, rotation } from './key-view.js';

const SYSTEM = 'gongbu';
const PATH = '/auth/api-keys';
const BODY_MAX = 16_384;

type Handler = (request: Request, response: Response) => Promise<void>;

/** @throws HttpFault 400 that names the field */
function parsed<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw badRequest(`${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is not valid'}`.slice(0, 300));
}

const faults: Readonly<Record<string, readonly [ErrorCode, string | undefined]>> = {
  API_KEY_NOT_FOUND: ['not_found', undefined],
  API_KEY_CHANGED: ['conflict', 'The key was changed at the same moment'],
  API_KEY_STORE_FULL: ['conflict', 'There are as many keys as there may be'],
};

/** What the store and its rules say, as an answer. */
function faultOf(error: unknown): unknown {
  if (error instanceof RangeError) return badRequest(error.message);
  const { code } = error as { code?: unknown };
  const found = typeof code === 'string' && Object.hasOwn(faults, code) ? faults[code] : undefined;
  return found ? new HttpFault(found[0], found[1] === undefined ? {} : { message: found[1] }) : error;
}

/** Management of keys, over the store that the gateways read. */
class KeyHandlers {
  private readonly changes: { add(labels: readonly string[]): void };

  constructor(
    private readonly deps: Dependencies,
    private readonly keys: ApiKeys,
  ) {
    this.changes = deps.metrics.counter({ name: 'auth_api_keys_total', help: 'Changes of API keys', labels: ['action'] });
  }

  readonly create: Handler = async (request, response) => {
    const { name, owner, scopes, expiresAt } = parsed(newKey, jsonOf(request));
    const wanted = { name, owner, scopes: [...new Set(scopes)], expiresAt: expiresAt === null ? null : Date.parse(expiresAt) };
    const issued = await this.keys.create({ system: SYSTEM, ...wanted });
    this.audit('created', issued.record.id, request, response, { owner, scopes: wanted.scopes, expiresAt });
    response.status(201).location(`${PATH}/${issued.record.id}`).json(this.shown(issued));
  };

  readonly list: Handler = async (request, response) => {
    const { limit, after } = parsed(listQuery, { ...request.query });
    const found = await this.keys.list(SYSTEM, limit + 1, after);
    const page = found.slice(0, limit);
    const now = this.deps.now();
    response.json({ data: page.map((record) => keyView(record, now)), next: found.length > limit ? page.at(-1)?.id : null });
  };

  readonly get: Handler = async (request, response) => {
    response.json(keyView(await this.keys.get(SYSTEM, idOf(request)), this.deps.now()));
  };

  readonly rotate: Handler = async (request, response) => {
    const { overlapSeconds } = parsed(rotation, optionalJsonOf(request));
    const issued = await this.keys.rotate(SYSTEM, idOf(request), overlapSeconds * 1000);
    this.audit('rotated', issued.record.id, request, response, { overlapSeconds });
    response.json(this.shown(issued));
  };

  readonly revoke: Handler = async (request, response) => {
    const record = await this.keys.revoke(SYSTEM, idOf(request));
    this.audit('revoked', record.id, request, response, {});
    response.status(204).end();
  };

  /** The only answer with the key itself. */
  private shown({ key, record }: IssuedApiKey): object {
    return { ...keyView(record, this.deps.now()), key };
  }

  /** Who did what to which key; never the key. */
  private audit(action: string, id: string, request: Request, response: Response, more: object): void {
    this.changes.add([action]);
    const who = { actor: actorOf(response), requestId: request.get('x-request-id') };
    this.deps.log('info', `API key ${action}`, { audit: `api_key.${action}`, system: SYSTEM, keyId: id, ...who, ...more });
  }
}

function idOf(request: Request): string {
  const id = keyId.safeParse(request.params['id']);
  if (!id.success) throw new HttpFault('not_found');
  return id.data;
}

const only = (allow: string): RequestHandler => {
  return () => {
    throw new HttpFault('method_not_allowed', { headers: [['Allow', allow]] });
  };
};

const caught = (handler: Handler) => {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    try {
      response.set('Cache-Control', 'no-store');
      await handler(request, response);
    } catch (error) {
      next(faultOf(error));
    }
  };
};

/** Null when the place has no pepper, or no secret by which admins are known. */
function createHandlers(deps: Dependencies): { handlers: KeyHandlers; admins: RequestHandler } | null {
  const pepper = secretReference(deps.variables, 'GONGBU_API_KEY_PEPPER', 'API_KEY_PEPPER');
  const secret = secretReference(deps.variables, 'GONGBU_JWT_SECRET', 'JWT_SECRET');
  if (pepper === null || secret === null) return null;
  if (deps.sharedMemory(SYSTEM) === null) deps.log('warn', 'no Redis is named: API keys made here are unknown to the gateways');
  const keys = new ApiKeys({
    store: deps.stores(SYSTEM).apiKeys,
    peppers: [deps.secrets.read(pepper)],
    now: () => deps.now(),
    randomBytes: (length) => deps.random.bytes(length),
  });
  return { handlers: new KeyHandlers(deps, keys), admins: adminsOf(deps, SYSTEM, secret) };
}

function withoutKeys(deps: Dependencies): Router {
  deps.log('warn', 'API keys can not be managed: GONGBU_API_KEY_PEPPER or GONGBU_JWT_SECRET is not set');
  return Router({ caseSensitive: true }).all([PATH, `${PATH}/{*rest}`], () => {
    throw unavailable('no pepper or no secret is configured', 60);
  });
}

/**
 * `/auth/api-keys`, for admins: POST creates, GET lists; `/{id}`: GET, DELETE revokes; `/{id}/rotate`: POST. 503 where no pepper is
 * configured.
 */
export function apiKeyRoutes(deps: Dependencies): Router {
  const made = createHandlers(deps);
  if (made === null) return withoutKeys(deps);
  const { handlers, admins } = made;
  const body = jsonBytes(BODY_MAX);
  const router = Router({ caseSensitive: true });
  router.use(PATH, admins);
  router.route(PATH).get(caught(handlers.list)).post(body, caught(handlers.create)).all(only('GET, HEAD, POST'));
  router.route(`${PATH}/:id`).get(caught(handlers.get)).delete(caught(handlers.revoke)).all(only('GET, HEAD, DELETE'));
  router.route(`${PATH}/:id/rotate`).post(body, caught(handlers.rotate)).all(only('POST'));
  return router;
}

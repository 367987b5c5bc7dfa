import { z } from 'zod';
import type { Exchange } from './exchange.js';
import { Failure, notFound } from './failure.js';
import { type FaultInput, faultSchema } from './faults.js';
import type { RecordedRequest } from './recorder.js';
import { noContent, ok, type Reply } from './reply.js';
import { Router } from './router.js';

/** What the control routes steer: all services of the process. Names are `SYSTEM.SERVICE`; Failure 404 for an unknown one. */
export interface Steering {
  services(): Readonly<Record<string, readonly string[]>>;
  requests(service: string, urlPrefix: string): readonly RecordedRequest[];
  forget(service: string): void;
  fault(service: string, fault: FaultInput): Promise<void>;
  faults(service: string): readonly unknown[];
  clearFaults(service: string): Promise<void>;
  reset(): Promise<void>;
}

/** All paths that steer a mock begin so; they are never recorded and no fault hits them. */
export const controlPrefix = '/__mock/';

const named = z.looseObject({ service: z.string().max(100).optional() });

/**
 * The routes under /__mock/ of one service; each takes `?service=SYSTEM.NAME` to steer another one, and `*` where all are meant.
 * `GET /__mock/requests` also takes `path=` (a prefix of the URL) and `id=` (the X-Request-Id).
 * @param own `gongbu.course`
 */
export function controlRouter(own: string, steering: Steering): Router {
  const subject = (x: Exchange): string => x.query.get('service') ?? own;
  const every = (x: Exchange): string[] => (subject(x) === '*' ? Object.keys(steering.services()) : [subject(x)]);
  const requests = (x: Exchange): Reply => {
    const id = x.query.get('id');
    const found = every(x).flatMap((name) => steering.requests(name, x.query.get('path') ?? ''));
    const wanted = found.filter((request) => id === null || request.headers['x-request-id'] === id);
    return ok({ requests: wanted.sort((a, b) => a.sequence - b.sequence) });
  };
  const setFault = async (x: Exchange): Promise<Reply> => {
    const { service = subject(x), ...fault } = x.parse(named);
    // The answer could not leave any more.
    if (fault['down'] === true && service === own) throw new Failure(409, `To take ${own} down, ask at another service's port`);
    await steering.fault(service, fault);
    return ok({ service, faults: steering.faults(service) });
  };
  return new Router({
    'GET /__mock/services': () => ok({ services: steering.services() }),
    'GET /__mock/requests': requests,
    'DELETE /__mock/requests': (x) => {
      for (const name of every(x)) steering.forget(name);
      return noContent;
    },
    'GET /__mock/faults': (x) => ok({ service: subject(x), faults: steering.faults(subject(x)) }),
    'PUT /__mock/faults': setFault,
    'DELETE /__mock/faults': async (x) => {
      await Promise.all(every(x).map((name) => steering.clearFaults(name)));
      return noContent;
    },
    'POST /__mock/reset': async () => {
      await steering.reset();
      return noContent;
    },
  });
}

/** A fault as it came from outside, checked; Failure 400 with one line per bad field. */
export function checkFault(fault: FaultInput): z.infer<typeof faultSchema> {
  const result = faultSchema.safeParse(fault);
  if (result.success) return result.data;
  const details = result.error.issues.map((issue) => `${issue.path.join('.') || 'fault'}: ${issue.message}`);
  throw new Failure(400, 'This fault cannot be set', 'BAD_FAULT', details);
}

/** Problem details (RFC 9457): the form of the control routes' own errors. */
export function controlFailure(failure: Failure): Reply {
  const { status, message: title, code, details } = failure;
  return { status, headers: { 'content-type': 'application/problem+json' }, json: { type: 'about:blank', title, status, code, details } };
}

/** The thing named, or Failure 404. */
export function known<T>(value: T | undefined, service: string): T {
  if (value === undefined) throw notFound(`Service ${service}`);
  return value;
}

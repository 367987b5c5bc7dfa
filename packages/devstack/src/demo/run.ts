import { randomUUID } from 'node:crypto';
import { type Answer, call, exchangeMessage } from '@gatehouse/testkit';
import { difference, headerDifference, memberAt } from './match.js';
import { type Memory, recall, type Step, type Walk } from './step.js';

/** Where the stack is. */
export interface DemoWorld {
  /** `http://127.0.0.1:8000` */
  readonly gateway: string;
  /** The gateway that serves healthpay alone. */
  readonly alone: string;
  /** Host of a system. */
  readonly hostOf: (system: string) => string;
  /** Address of a mock (`healthpay.auth`). */
  readonly mock: (service: string) => string;
  readonly token: (system: string, role: string) => string;
  readonly pause: (ms: number) => Promise<void>;
  /** Milliseconds on any steady clock. */
  readonly now: () => number;
}

/** How a step went. */
export interface Result {
  readonly step: Step;
  /** As sent, with everything filled in. */
  readonly request: string;
  readonly status: number | undefined;
  readonly ms: number;
  /** The service and target that got it, as the mocks recorded it (`gongbu.course:9102`). */
  readonly reached: string | undefined;
  /** Undefined when all was as expected. */
  readonly fault: string | undefined;
}

interface Seen {
  readonly service: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Walks through one system; a step that fails does not end the walk. */
export async function* walk(path: Walk, world: DemoWorld): AsyncGenerator<Result> {
  // Names that must be new, however often the same stack is walked through.
  const memory: Memory = new Map([['nonce', randomUUID().slice(0, 8)]]);
  for (const step of path.steps) {
    if (step.pauseMs !== undefined) await world.pause(step.pauseMs);
    yield await runStep(path.system, step, memory, world);
  }
}

async function runStep(system: string, step: Step, memory: Memory, world: DemoWorld): Promise<Result> {
  let request = step.request;
  const startedAt = world.now();
  const result = (fault: string | undefined, status?: number, reached?: string): Result => ({
    step,
    request,
    status,
    ms: world.now() - startedAt,
    reached,
    fault,
  });
  try {
    request = String(recall(step.request, memory));
    const id = `demo-${randomUUID()}`;
    const answer = await send(system, { ...step, request }, id, memory, world);
    const took = result(undefined, answer.status);
    const seen = step.direct === undefined ? await seenBy(world, id) : undefined;
    const fault = judge(step, answer, seen);
    if (fault === undefined) keep(step, answer, memory);
    return { ...took, fault, reached: seen && `${seen.service}:${seen.port}` };
  } catch (error) {
    return result((error as Error).message || String(error));
  }
}

function send(system: string, step: Step, id: string, memory: Memory, world: DemoWorld): Promise<Answer> {
  const [method = 'GET', path = '/'] = step.request.split(' ');
  const token = step.as === undefined ? step.bearer && memory.get(step.bearer) : world.token(system, step.as);
  const headers: Record<string, string> = {
    'x-request-id': id,
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(recall(step.headers ?? {}, memory) as Record<string, string>),
  };
  if (step.direct !== undefined) return call(`${world.mock(step.direct)}${path}`, { method });
  if (!step.alone) headers['host'] = world.hostOf(system);
  const url = `${step.alone ? world.alone : world.gateway}${path}`;
  if (step.message !== undefined) return webSocket(url, headers, step.message);
  const body = step.bytes === undefined ? {} : { body: Buffer.alloc(step.bytes, 'v') };
  return call(url, { method, headers, ...body, ...(step.json === undefined ? {} : { json: recall(step.json, memory) }) });
}

/** A WebSocket's first message, told as an answer: 101 and the text as JSON. */
async function webSocket(url: string, headers: Record<string, string>, message: string): Promise<Answer> {
  const text = await exchangeMessage(url.replace('http', 'ws'), headers, message);
  return { status: 101, headers: {}, body: Buffer.from(text), text, json: text };
}

async function seenBy(world: DemoWorld, id: string): Promise<Seen | undefined> {
  const { json } = await call(`${world.mock('gongbu.auth')}/__mock/requests?service=*&id=${id}`);
  return (json as { requests?: Seen[] } | undefined)?.requests?.at(-1);
}

function judge(step: Step, answer: Answer, seen: Seen | undefined): string | undefined {
  if (answer.status !== step.status) return `status is ${answer.status}, not ${step.status}: ${answer.text.slice(0, 200)}`;
  if (step.length !== undefined && answer.body.length !== step.length) return `body has ${answer.body.length} bytes, not ${step.length}`;
  return (
    headerDifference(step.answers ?? {}, answer.headers) ??
    (step.has === undefined ? undefined : difference(step.has, answer.json)) ??
    judgeReach(step, seen)
  );
}

function judgeReach({ reaches }: Step, seen: Seen | undefined): string | undefined {
  if (reaches === undefined) return undefined;
  if (reaches === null) return seen && `it reached ${seen.service}`;
  if (seen?.service !== reaches.service) return `it reached ${seen?.service ?? 'no service'}, not ${reaches.service}`;
  return headerDifference(reaches.headers ?? {}, seen.headers);
}

function keep(step: Step, answer: Answer, memory: Memory): void {
  for (const [name, path] of Object.entries(step.keep ?? {})) {
    const value = memberAt(answer.json, path);
    if (value === undefined) throw new Error(`the answer has no ${path}: ${answer.text.slice(0, 200)}`);
    memory.set(name, String(value));
  }
}

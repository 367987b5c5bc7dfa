import { randomUUID } from 'node:crypto';
import { type Answer, call, exchangeMessage, FormBrowser, type Page } from '@gatehouse/testkit';
import { type OutboxEvent, tellsOf } from './events.js';
import { difference, headerDifference, memberAt } from './match.js';
import { type Feature, type Memory, recall, type Step, type Walk } from './step.js';

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
  /** `https://127.0.0.1:8443` */
  readonly gatewayTls: string;
  readonly has: (feature: Feature) => boolean;
  /** What texts of a system's steps may name from the beginning. */
  readonly known: (system: string) => Readonly<Record<string, string>>;
  /** The events that wait in the outbox, oldest first. */
  readonly events: () => readonly OutboxEvent[];
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

/** One walk under way. */
interface Way {
  readonly system: string;
  readonly world: DemoWorld;
  readonly memory: Memory;
  readonly browser: FormBrowser;
  /** What the browser visited last. */
  page: Page | undefined;
  /** Events that were there before. */
  readonly eventsBefore: number;
}

const EVENTS_WITHIN_MS = 3000;
const EVENTS_POLL_MS = 25;

/** Walks through one system; a step that fails does not end the walk. */
export async function* walk(path: Walk, world: DemoWorld): AsyncGenerator<Result> {
  const { system } = path;
  // Names that must be new, however often the same stack is walked through.
  const memory: Memory = new Map([['nonce', randomUUID().slice(0, 8)], ...Object.entries(world.known(system))]);
  const browser = new FormBrowser({ reach: (url) => (url.hostname === world.hostOf(system) ? world.gatewayTls : undefined) });
  const way: Way = { system, world, memory, browser, page: undefined, eventsBefore: world.events().length };
  for (const step of path.steps) {
    if (step.needs !== undefined && !world.has(step.needs)) continue;
    if (step.pauseMs !== undefined) await world.pause(step.pauseMs);
    yield await runStep(step, way);
  }
}

async function runStep(step: Step, way: Way): Promise<Result> {
  const { world, memory } = way;
  let request = step.request;
  const startedAt = world.now();
  const result = (fault: string | undefined, status?: number, reached?: string): Result => ({
    step,
    request: short(request),
    status,
    ms: world.now() - startedAt,
    reached,
    fault,
  });
  try {
    if (step.events !== undefined) return result(await judgeEvents(step.events, way));
    request = String(recall(step.request, memory));
    const id = `demo-${randomUUID()}`;
    const answer = step.browser || step.fill ? await browse({ ...step, request }, id, way) : await send({ ...step, request }, id, way);
    const took = result(undefined, answer.status);
    const seen = step.direct === undefined ? await seenBy(world, id) : undefined;
    const fault = judge(step, answer, seen);
    if (fault === undefined) keep(step, answer, memory);
    return { ...took, fault, reached: seen && `${seen.service}:${seen.port}` };
  } catch (error) {
    return result((error as Error).message || String(error));
  }
}

/** An address as people read it: `GET 127.0.0.1:8180/…/auth?…`. */
const short = (request: string): string =>
  request.replace(
    /https?:\/\/([^/]+)\/(?:[^?]*\/)?([^/?]*)(\?.*)?$/,
    (_, host: string, last: string, query?: string) => `${host}/…/${last}${query ? '?…' : ''}`,
  );

/** Waits for the events that a walk must have caused; undefined when they are as they should be. */
async function judgeEvents(wanted: readonly unknown[], { world, eventsBefore }: Way): Promise<string | undefined> {
  const found = (): readonly OutboxEvent[] => world.events().slice(eventsBefore);
  for (const until = world.now() + EVENTS_WITHIN_MS; found().length < wanted.length && world.now() < until; )
    await world.pause(EVENTS_POLL_MS);
  const events = found();
  if (events.length !== wanted.length) return `there are ${events.length} events, not ${wanted.length}: ${events.map(tellsOf).join('; ')}`;
  return wanted.map((one, index) => difference(one, events[index])).find((fault) => fault !== undefined);
}

/** One visit of the walk's browser; redirects are answers like others. */
async function browse(step: Step, id: string, way: Way): Promise<Answer> {
  const headers = { 'x-request-id': id, ...(recall(step.headers ?? {}, way.memory) as Record<string, string>) };
  const until = (): boolean => true;
  if (step.fill !== undefined) {
    if (way.page === undefined) throw new Error('the browser has no page with a form');
    return way.browser.submit(way.page, recall(step.fill, way.memory) as Record<string, string>, { headers, until: leaves(way.page.url) });
  }
  const [method = 'GET', target = '/'] = step.request.split(' ');
  const address = target.startsWith('/')
    ? `https://${way.world.hostOf(way.system)}:${new URL(way.world.gatewayTls).port}${target}`
    : target;
  const body = step.json === undefined ? {} : { body: JSON.stringify(recall(step.json, way.memory)) };
  const type = step.json === undefined ? {} : { 'content-type': 'application/json' };
  const visit = { method, headers: { ...type, ...headers }, ...body };
  way.page = await way.browser.visit(address, target.startsWith('/') ? { ...visit, until } : visit);
  return way.page;
}

/** A form's redirects are followed until one leaves the form's own site. */
const leaves =
  (from: string) =>
  (url: URL): boolean =>
    url.origin !== new URL(from).origin;

function send(step: Step, id: string, { system, world, memory }: Way): Promise<Answer> {
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
  for (const [name, header] of Object.entries(step.keepHeader ?? {})) {
    const value = answer.headers[header];
    if (typeof value !== 'string') throw new Error(`the answer has no header ${header}`);
    memory.set(name, value);
  }
}

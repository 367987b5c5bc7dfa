import type { JsonObject } from './match.js';

/** One request of the demo and what must come back. Texts may hold `{name}` of what earlier steps kept. */
export interface Step {
  /** What the step shows, in a few words. */
  readonly shows: string;
  /** `POST /courses` */
  readonly request: string;
  /** Role whose development token is sent. */
  readonly as?: string;
  /** Name under which an earlier step kept a token, sent instead. */
  readonly bearer?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Bytes of a body, sent as they are. */
  readonly bytes?: number;
  /** A text for a WebSocket, which must come back. */
  readonly message?: string;
  /** Asked at the mock itself, past the gateway: what only development shows. */
  readonly direct?: string;
  /** Asked at the gateway that serves this system alone. */
  readonly alone?: boolean;
  /** Goes through the walk's browser, over TLS: it has cookies, and may leave the gateway. An address in place of a path is visited as it is. */
  readonly browser?: boolean;
  /** Fills in the form of the page that the browser visited last, in place of a request. */
  readonly fill?: Readonly<Record<string, string>>;
  /** Events of `auth-events` that the walk must have caused so far, oldest first, in place of a request. */
  readonly events?: readonly unknown[];
  /** What the stack must have for this step; without it the step is left out. */
  readonly needs?: Feature;
  /** Milliseconds before the request. */
  readonly pauseMs?: number;
  readonly status: number;
  /** Expected headers: text must be equal, an expression must fit, null must not be there. */
  readonly answers?: Readonly<Record<string, string | RegExp | null>>;
  /** Part of the JSON answer, compared member by member; expressions fit texts. */
  readonly has?: unknown;
  /** Bytes of the answer's body. */
  readonly length?: number;
  /** Which service must have got it, and with which headers; null: none may have. */
  readonly reaches?: { readonly service: string; readonly headers?: Readonly<Record<string, string | RegExp | null>> } | null;
  /** Keeps headers of the answer, likewise: name → header. */
  readonly keepHeader?: Readonly<Record<string, string>>;
  /** Keeps members of the answer for later steps: name → path (`payment.id`). */
  readonly keep?: Readonly<Record<string, string>>;
}

/** What not every stack has: the identity provider of this checkout, the auth sidecar, an outbox that nobody empties, a shared Redis. */
export type Feature = 'identity' | 'sidecar' | 'outbox' | 'redis';

/** A system's walk. */
export interface Walk {
  readonly system: string;
  readonly title: string;
  readonly steps: readonly Step[];
}

/** What a step's texts may name. */
export type Memory = Map<string, string>;

/** Puts what was kept into texts, deeply. @throws Error for a name that no step kept. */
export function recall(template: unknown, memory: Memory): unknown {
  if (typeof template === 'string') return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => remembered(memory, name));
  if (Array.isArray(template)) return template.map((entry) => recall(entry, memory));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template as JsonObject).map(([key, value]) => [key, recall(value, memory)]));
}

function remembered(memory: Memory, name: string): string {
  const value = memory.get(name);
  if (value === undefined) throw new Error(`no earlier step kept "${name}"`);
  return value;
}

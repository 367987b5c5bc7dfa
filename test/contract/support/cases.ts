import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { fillIn, isPlainObject } from './fill-in.js';
import type { TokenRequest } from './secrets.js';

export const root = path.resolve(import.meta.dirname, '../../..');

/** An exact text, `~` and a regular expression, or null: must not be there. */
const pattern = z.string().nullable();
const methodAndPath = z.string().regex(/^[A-Za-z]+ \/\S*$/, 'expected "METHOD /path"');

/** A role of the testkit's tokens, or more exactly. */
const token = z.union([
  z.string().transform((role) => ({ role, claims: {}, ttl: 600, forged: false })),
  z.strictObject({
    role: z.string(),
    claims: z.record(z.string(), z.json()).default({}),
    ttl: z.int().default(600),
    forged: z.boolean().default(false),
  }),
]);

/** An API key that is made for the request, and in which state it is then. */
const apiKey = z.strictObject({
  scopes: z.array(z.string()).default([]),
  owner: z.string().default('integration'),
  state: z.enum(['good', 'ended', 'revoked', 'rotated-out', 'overlapping']).default('good'),
});

/** How a request is signed; what `hmac` may get wrong. */
const signing = z.strictObject({
  scheme: z.enum(['fawry', 'paymob', 'hmac']),
  /** Seconds since the signature was made. */
  age: z.int().default(0),
  /** By a secret of somebody else. */
  forged: z.boolean().default(false),
  /** Signs this body in place of the one that is sent. */
  body: z.string().optional(),
  /** The headers of the signature before are sent again. */
  again: z.boolean().default(false),
  /** What the signature covers. */
  covers: z.array(z.string()).default(['@method', '@path', '@query', 'date', 'content-digest']),
});

const request = z.union([
  methodAndPath.transform((text) => ({ method: text.split(' ')[0] ?? '', path: text.split(' ')[1] ?? '' })),
  z.strictObject({
    method: z.string().default('GET'),
    path: z.string().regex(/^\//),
    /** The system's own host when left out. */
    host: z.string().optional(),
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
    /** Sent as a bearer token instead of the file's; null: none. */
    token: token.nullable().optional(),
    /** The cookie or the parameter that holds the token in place of `Authorization`. */
    token_as: z.union([z.strictObject({ cookie: z.string() }), z.strictObject({ query: z.string() })]).optional(),
    /** A text, or `bytes` times the letter x, or an object that is sent as JSON. */
    body: z.string().optional(),
    bytes: z.int().min(0).optional(),
    json: z.json().optional(),
    /** Signs as this payment provider, or a client that signs its requests, does. */
    sign: z.union([z.enum(['fawry', 'paymob', 'hmac']).transform((scheme) => signing.parse({ scheme })), signing]).optional(),
    /** Sent as X-API-Key. */
    api_key: apiKey.optional(),
    /** Sends the body without a length. */
    chunked: z.boolean().default(false),
    /** Opens a WebSocket, sends this text, and takes the first message for the body. */
    message: z.string().optional(),
  }),
]);

const arrival = z.strictObject({
  service: z.string(),
  /** As the client's when left out. */
  method: z.string().optional(),
  url: z.string().optional(),
  headers: z.record(z.string(), pattern).default({}),
  /** How many bytes of body the service got. */
  bytes: z.int().optional(),
  /** How often the service got it: one number, or possible ones. */
  times: z
    .union([z.int().min(1), z.array(z.int().min(1))])
    .default(1)
    .transform((one) => [one].flat()),
});
const service = z.string().transform((name) => arrival.parse({ service: name }));
const reaches = z.union([z.literal('none').transform(() => []), service.transform((one) => [one]), arrival.transform((one) => [one])]);

const expectation = z.strictObject({
  status: z.union([z.int(), z.array(z.int())]).transform((one) => [one].flat()),
  headers: z.record(z.string(), pattern).default({}),
  /** Part of the answer's JSON; a text that begins with `~` is a regular expression. */
  json: z.json().optional(),
  text: z.string().optional(),
  /** Who got the request; unchecked when left out. */
  reaches: reaches.optional(),
  /** Part of the request's line in the access log, and texts that stand nowhere in what the plane wrote. */
  log: z.strictObject({ line: z.json(), lacks: z.array(z.string()).default([]) }).optional(),
});

const step = {
  /** What goes wrong at a service, in the words of the mock services (`gatehouse mocks`). */
  faults: z.record(z.string(), z.record(z.string(), z.json())).default({}),
  request,
  expect: expectation,
  /** How often it is asked, with the same expectation. */
  repeat: z.int().min(1).max(2000).default(1),
  /** Asks again, for some seconds, until the answer is as expected. */
  eventually: z.boolean().default(false),
  /** Withdrawn before the request. */
  revoke: z.strictObject({ kind: z.enum(['session', 'token', 'user']), id: z.string() }).optional(),
  /** Whether the plane's Redis is there. */
  redis: z.enum(['up', 'away']).default('up'),
};
const named = { name: z.string().min(1) };
const single = z.strictObject({ ...named, ...step });
const several = z.strictObject({ ...named, steps: z.array(z.strictObject(step)).min(1) });

const file = z.strictObject({
  /** Variables, so that limits and time-outs are small enough for a test. */
  environment: z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).default({}),
  /** What stands for `{{key}}` in the cases that all systems share (kong/platform/cases.yml). */
  sample: z.record(z.string(), z.json()).default({}),
  /** Sent as a bearer token with every request that says nothing else. */
  token: token.optional(),
  cases: z.array(z.record(z.string(), z.unknown())).min(1),
});

export type ApiKeyRequest = z.output<typeof apiKey>;
export type Signing = z.output<typeof signing>;
export type Step = z.output<z.ZodObject<typeof step>>;
export type RevocationRequest = NonNullable<Step['revoke']>;
export type CaseRequest = Step['request'];
export type Expectation = Step['expect'];
export type Arrival = z.output<typeof arrival>;

/** One thing to try, in one or several steps. */
export interface Case {
  name: string;
  steps: Step[];
}

/** What a case needs of the plane's Redis: that cases write into it, and that they take it away. */
export function needsOf({ steps }: Case): { shared: boolean; own: boolean } {
  const shared = steps.some(({ request: asked, revoke }) => revoke !== undefined || ('api_key' in asked && asked.api_key !== undefined));
  return { shared, own: steps.some(({ redis }) => redis === 'away') };
}

/** What a system's cases.yml says. */
export interface CaseFile {
  environment: Record<string, string>;
  sample: Record<string, unknown>;
  /** What requests carry unless they say otherwise. */
  token: TokenRequest | undefined;
  cases: Case[];
}

/** The cases can't be used; the message names each fault with its place. */
export class CasesError extends Error {
  readonly code = 'GH_CASES';
}

/** Reads the cases of a system: kong/systems/SYSTEM/cases.yml, and the ones that all share. @throws CasesError */
export function readCases(system: string): CaseFile {
  const [own, shared] = [`kong/systems/${system}/cases.yml`, 'kong/platform/cases.yml'];
  const { sample, environment, token, cases } = parseCases(own, read(own), {});
  return { sample, environment, token, cases: [...parseCases(shared, read(shared), sample).cases, ...cases] };
}

function read(name: string): string {
  return fs.readFileSync(path.join(root, name), 'utf8');
}

/** Checks the text of a case file, expands `each` and fills in the sample. @throws CasesError */
export function parseCases(name: string, text: string, filling: Record<string, unknown>): CaseFile {
  const { environment, sample, token, cases } = checked(name, file, parse(text, { merge: true }));
  const expanded = cases.flatMap((one, index) => {
    return expand(one).map((each) => readCase(`${name}: cases[${index}]`, fillIn(each, filling)));
  });
  const names = expanded.map((one) => one.name);
  const twice = names.find((one, index) => names.indexOf(one) !== index);
  if (twice !== undefined) throw new CasesError(`${name}: two cases have the name "${twice}"`);
  return { environment, sample, token, cases: expanded };
}

function readCase(place: string, value: unknown): Case {
  if (isPlainObject(value) && 'steps' in value) return checked(place, several, value);
  const { name, ...only } = checked(place, single, value);
  return { name, steps: [only] };
}

/** `each` makes one case per entry: `{{key}}` in any text of the case stands for the entry's value. */
function expand(one: Record<string, unknown>): unknown[] {
  const { each, ...rest } = one;
  if (each === undefined) return [rest];
  const entries = Array.isArray(each) ? each : [each];
  return entries.map((entry) => fillIn(rest, isPlainObject(entry) ? entry : { it: entry }));
}

function checked<T extends z.ZodType>(place: string, schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new CasesError(`${place}: ${z.prettifyError(result.error)}`);
}

import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type Exchange, isObject, type JsonObject } from './exchange.js';
import { Failure } from './failure.js';
import type { Reply } from './reply.js';
import { Router } from './router.js';

const MAX_FILES = 200;
const MAX_FILE_BYTES = 256 * 1024;

const replySchema = z.strictObject({
  status: z.int().min(200).max(599),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string()).optional(),
  body: z.json().optional(),
});

/** One canned file: a route and what it answers for each outcome. */
const fileSchema = z
  .strictObject({
    description: z.string().optional(),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    path: z.string().regex(/^\/[^\s?#]*$/, 'must start with / and have no query'),
    /** Answer this outcome whatever happened. */
    always: z.string().optional(),
    replies: z.record(z.string().min(1), replySchema),
  })
  .superRefine((file, context) => {
    const need = file.always ?? 'ok';
    if (file.replies[need] === undefined) context.addIssue({ code: 'custom', path: ['replies', need], message: 'is missing' });
  });

type CannedFile = z.infer<typeof fileSchema>;

/** Canned files that cannot be used; one line per fault. */
export class CannedFileError extends Error {
  readonly code = 'MOCK_CANNED_FILE';

  constructor(readonly faults: readonly string[]) {
    super(`canned replies cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'CannedFileError';
  }
}

interface Loaded {
  /** Modification time and size: what shows that a file was edited. */
  readonly stamp: string;
  readonly file: CannedFile | undefined;
}

/** The canned replies of one service: JSON files in a folder, read again when they change. */
export class CannedReplies {
  #loaded = new Map<string, Loaded>();
  #router = new Router({});
  #byName = new Map<string, CannedFile>();

  /**
   * @param directory holds `*.json`.
   * @param now milliseconds since the epoch, for `{{now}}`.
   * @param warn gets a line when an edited file is wrong; the replies that it had go on.
   * @throws CannedFileError when a file is wrong at the start.
   */
  constructor(
    private readonly directory: string,
    private readonly now: () => number,
    private readonly warn: (line: string) => void,
  ) {
    const faults = this.#refresh();
    if (faults.length > 0) throw new CannedFileError(faults);
  }

  /**
   * The reply that the file of this method and path gives for an outcome.
   * @param route `POST /auth/verify-otp`, as the file names it.
   * @param outcome what happened, `ok` mostly; Failure 501 when the file has no reply for it.
   * @param data what placeholders may name beside params, query, body and now.
   */
  reply(route: string, exchange: Exchange, outcome: string, data: JsonObject): Reply {
    this.#recheck();
    const file = this.#byName.get(route);
    if (file === undefined) throw new Failure(501, `No canned reply for ${route}`, 'NO_CANNED_REPLY');
    const reply = file.replies[file.always ?? outcome];
    if (reply === undefined) throw new Failure(501, `No canned reply for ${route} and ${outcome}`, 'NO_CANNED_REPLY');
    return this.#fill(reply, exchange, data);
  }

  /** The reply of a file whose path fits, for routes that have no state behind them; undefined when none fits. */
  fallback(exchange: Exchange, pathWithoutVersion: string): Reply | undefined {
    this.#recheck();
    const match = this.#router.match(exchange.method, pathWithoutVersion);
    if (match.handler === undefined) return undefined;
    exchange.params = match.params;
    return 'streams' in match.handler ? undefined : (match.handler(exchange) as Reply);
  }

  #fill(reply: z.infer<typeof replySchema>, exchange: Exchange, data: JsonObject): Reply {
    const scope: JsonObject = {
      params: exchange.params,
      query: Object.fromEntries(exchange.query),
      body: exchange.body.length > 0 ? exchange.json() : {},
      now: new Date(this.now()).toISOString(),
      version: exchange.path.startsWith('/v1/') ? 'v1' : 'v2',
      ...data,
    };
    const headers = fillIn(reply.headers ?? {}, scope) as Record<string, string>;
    const body = fillIn(reply.body, scope);
    if (body === undefined) return { status: reply.status, headers };
    if (typeof body === 'string' || Buffer.isBuffer(body)) return { status: reply.status, headers, bytes: body };
    return { status: reply.status, headers, json: body };
  }

  /** Before every reply, so that the first request after an edit has it. */
  #recheck(): void {
    for (const fault of this.#refresh()) this.warn(`${fault} (the reply before this change stays)`);
  }

  #refresh(): string[] {
    const faults: string[] = [];
    const loaded = new Map<string, Loaded>();
    for (const name of jsonFiles(this.directory)) {
      const before = this.#loaded.get(name);
      loaded.set(name, load(path.join(this.directory, name), before, faults));
    }
    const changed = loaded.size !== this.#loaded.size || [...loaded].some(([name, entry]) => this.#loaded.get(name) !== entry);
    this.#loaded = loaded;
    if (changed) this.#index();
    return faults;
  }

  #index(): void {
    const files = [...this.#loaded.values()].flatMap(({ file }) => (file === undefined ? [] : [file]));
    this.#byName = new Map(files.map((file) => [`${file.method} ${file.path}`, file]));
    const handler = (route: string) => (exchange: Exchange) => this.reply(route, exchange, 'ok', {});
    this.#router = new Router(Object.fromEntries([...this.#byName.keys()].map((route) => [route, handler(route)])));
  }
}

function jsonFiles(directory: string): string[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  return names.sort().slice(0, MAX_FILES);
}

/** Reads one file unless it is unchanged; a wrong one keeps what it had and adds its faults. */
function load(file: string, before: Loaded | undefined, faults: string[]): Loaded {
  const { mtimeMs, size } = statSync(file);
  const stamp = `${mtimeMs} ${size}`;
  if (before?.stamp === stamp) return before;
  const found = size > MAX_FILE_BYTES ? [`${file}: larger than ${MAX_FILE_BYTES} bytes`] : undefined;
  const parsed = found ?? parse(file);
  if (!Array.isArray(parsed)) return { stamp, file: parsed };
  faults.push(...parsed);
  return { stamp, file: before?.file };
}

function parse(file: string): CannedFile | string[] {
  try {
    const result = fileSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (result.success) return result.data;
    return result.error.issues.map((issue) => `${file}: ${issue.path.join('.') || 'file'}: ${issue.message}`);
  } catch (error) {
    return [`${file}: ${(error as Error).message}`];
  }
}

const placeholder = /\{\{ *([A-Za-z0-9_.-]{1,100}) *\}\}/g;
const wholePlaceholder = /^\{\{ *([A-Za-z0-9_.-]{1,100}) *\}\}$/;

/**
 * Replaces `{{name.field}}`: a text that is one placeholder becomes the value itself (an object, a number), null when there is none;
 * a placeholder within a text becomes its text.
 */
export function fillIn(template: unknown, scope: JsonObject): unknown {
  if (typeof template === 'string') return fillText(template, scope);
  if (Array.isArray(template)) return template.map((entry) => fillIn(entry, scope));
  if (!isObject(template)) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fillIn(value, scope)]));
}

function fillText(text: string, scope: JsonObject): unknown {
  const whole = wholePlaceholder.exec(text)?.[1];
  if (whole !== undefined) return lookUp(whole, scope) ?? null;
  return text.replaceAll(placeholder, (_, name: string) => String(lookUp(name, scope) ?? ''));
}

function lookUp(name: string, scope: JsonObject): unknown {
  let value: unknown = scope;
  for (const key of name.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

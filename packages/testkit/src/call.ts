import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** What to send; a body goes as `json` or as `body`. */
export interface CallOptions {
  readonly method?: string;
  /** Sent as they are, Host included. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: string | Buffer;
  /** Milliseconds until the call is given up; 30 000 by default. */
  readonly timeoutMs?: number;
}

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as UTF-8. */
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

const MAX_ANSWER = 8 * 1024 * 1024;

/**
 * One HTTP request with exactly these headers on a connection of its own, its answer read whole (8 MiB at most). No redirect is followed.
 * A certificate is not checked: this is a client for development and tests.
 * @throws Error of the connection, on a time-out, and for a larger answer.
 */
export function call(url: string, options: CallOptions = {}): Promise<Answer> {
  const body = options.json === undefined ? (options.body ?? '') : JSON.stringify(options.json);
  const method = options.method ?? (body.length > 0 ? 'POST' : 'GET');
  const headers: Record<string, string> = {
    ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...options.headers,
  };
  if (body.length > 0 || !['GET', 'HEAD', 'DELETE'].includes(method)) headers['content-length'] = String(Buffer.byteLength(body));
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(url, { method, headers, agent: false, rejectUnauthorized: false }, (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER) outgoing.destroy(new Error(`answer of ${url} is larger than ${MAX_ANSWER} bytes`));
        else chunks.push(chunk);
      });
      incoming.on('error', reject);
      incoming.on('end', () => resolve(answer(incoming.statusCode ?? 0, incoming.headers, Buffer.concat(chunks))));
    });
    outgoing.setTimeout(options.timeoutMs ?? 30_000, () => outgoing.destroy(new Error(`no answer from ${url}`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function answer(status: number, headers: IncomingHttpHeaders, body: Buffer): Answer {
  const text = body.toString('utf8');
  return { status, headers, body, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import type { Exchange } from './exchange.js';
import type { Reply } from './reply.js';

/** Answers a request; throws a Failure to refuse. */
export type Handler = (exchange: Exchange) => Reply | Promise<Reply>;

/** A handler that reads the request's body itself, piece by piece. */
export interface StreamingHandler {
  readonly streams: true;
  readonly handle: Handler;
}

/** `GET /courses/:id` → handler. A last segment `*` stands for any rest. The first fitting line wins. */
export type Routes = Readonly<Record<string, Handler | StreamingHandler>>;

interface Compiled {
  readonly method: string;
  readonly segments: readonly string[];
  readonly handler: Handler | StreamingHandler;
}

/** A route that fits, or the methods that the path has. */
export type Match =
  | { readonly handler: Handler | StreamingHandler; readonly params: Record<string, string> }
  | { readonly handler: undefined; readonly allow: readonly string[] };

/** Finds the handler of a request. HEAD counts as GET. */
export class Router {
  readonly #routes: readonly Compiled[];

  constructor(routes: Routes) {
    this.#routes = Object.entries(routes).map(([line, handler]) => {
      const [method = '', path = ''] = line.split(' ');
      return { method, segments: path.split('/').slice(1), handler };
    });
  }

  /** @param path with no query and no trailing slash. */
  match(method: string, path: string): Match {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const segments = path.split('/').slice(1);
    const allow: string[] = [];
    for (const route of this.#routes) {
      const params = fit(route.segments, segments);
      if (params === undefined) continue;
      if (route.method === wanted) return { handler: route.handler, params };
      allow.push(route.method);
    }
    return { handler: undefined, allow: [...new Set(allow)] };
  }
}

function fit(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const open = pattern.at(-1) === '*';
  const fixed = open ? pattern.length - 1 : pattern.length;
  if (open ? segments.length < fixed : segments.length !== fixed) return undefined;
  const params: Record<string, string> = {};
  for (let i = 0; i < fixed; i += 1) {
    const want = pattern[i] ?? '';
    const have = segments[i] ?? '';
    if (!want.startsWith(':')) {
      if (want !== have) return undefined;
    } else if (have === '') return undefined;
    else params[want.slice(1)] = decode(have);
  }
  return params;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

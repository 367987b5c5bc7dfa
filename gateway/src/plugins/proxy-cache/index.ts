/** Twin of Kong's proxy-cache: keeps answers in memory and gives them again. */
import type { HeaderList } from '../../headers.js';
import { judge } from '../../phases/conditional.js';
import type { Exchange, Exit, PluginEnvironment, PluginInstance, PluginTwin, ResponseHead } from '../../plugin.js';
import { emptyExit } from '../lib/exits.js';
import { type KeyConfig, keyMaker } from './cache-key.js';
import { cacheableHead } from './cacheable.js';
import { type Directives, directivesOf, freshSeconds, secondsOf } from './directives.js';
import { AnswerStore, type CachedAnswer } from './store.js';

/** Kong's schema (kong/plugins/proxy-cache/schema.lua), defaults filled in. Times in seconds. */
interface ProxyCacheConfig extends KeyConfig {
  response_code: number[];
  request_method: string[];
  content_type: string[];
  cache_ttl: number;
  strategy: 'memory';
  cache_control: boolean;
  storage_ttl: number | null;
  memory: { dictionary_name: string } | null;
  response_headers: { age: boolean; 'X-Cache-Status': boolean; 'X-Cache-Key': boolean } | null;
}

const STORE_LIMITS = { entries: 20_000, bytes: 64 * 1024 * 1024 };
/** Longest answer that is kept, in bytes; a longer one passes without being collected. */
const ANSWER_MAX = 4 * 1024 * 1024;

/** Never kept: they belong to one connection, to one client's limit, or to the cache itself. */
const DROPPED = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailers', 'transfer-encoding', 'upgrade'],
  ...['content-length', 'age', 'x-cache-status', 'x-cache-key'],
]);

/** Marks a request that was answered 304. */
const NOT_MODIFIED = 304;

/** A question whose answer is to be kept. */
interface Pending {
  readonly key: string;
  status: number;
  headers: CachedAnswer['headers'];
  ttl: number;
  chunks: Buffer[] | null;
  bytes: number;
}

function keptHeaders(headers: HeaderList): CachedAnswer['headers'] {
  const kept: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < headers.size; i++) {
    const key = headers.keys[i]!;
    if (DROPPED.has(key) || key.includes('ratelimit-remaining') || headers.keys.indexOf(key) !== i) continue;
    const values = headers.getAll(key);
    kept[headers.names[i]!] = values.length === 1 ? values[0]! : values;
  }
  return kept;
}

function headerOf(answer: CachedAnswer, wanted: string): string | undefined {
  for (const [name, value] of Object.entries(answer.headers)) if (name.toLowerCase() === wanted) return [value].flat()[0];
  return undefined;
}

function storeFor(config: ProxyCacheConfig, environment: PluginEnvironment): AnswerStore {
  const name = storeName(config);
  const known = environment.state.get(name) as AnswerStore | undefined;
  if (known) return known;
  const store = new AnswerStore(STORE_LIMITS);
  environment.state.set(name, store);
  environment.siblings.listen((data) => {
    const { store: where, key, answer, expiresAt } = data as Told;
    (environment.state.get(where) as AnswerStore | undefined)?.set(key, { ...answer, body: Buffer.from(answer.body) }, expiresAt);
  });
  return store;
}

const storeName = (config: ProxyCacheConfig): string => `store:${config.memory?.dictionary_name ?? ''}`;

/** An answer that one process kept, as the others hear of it. */
interface Told {
  readonly store: string;
  readonly key: string;
  readonly answer: CachedAnswer;
  readonly expiresAt: number;
}

class ProxyCache implements PluginInstance {
  private readonly store: AnswerStore;
  private readonly keyOf: (exchange: Exchange) => string;
  private readonly mayKeep: (head: ResponseHead) => boolean;
  private readonly methods: ReadonlySet<string>;
  private readonly shown: { readonly age: boolean; readonly 'X-Cache-Status': boolean; readonly 'X-Cache-Key': boolean };

  constructor(
    private readonly config: ProxyCacheConfig,
    private readonly environment: PluginEnvironment,
  ) {
    this.store = storeFor(config, environment);
    this.keyOf = keyMaker(config);
    this.mayKeep = cacheableHead(config.response_code, config.content_type);
    this.methods = new Set(config.request_method);
    this.shown = config.response_headers ?? { age: false, 'X-Cache-Status': false, 'X-Cache-Key': false };
  }

  access(exchange: Exchange): Exit | undefined {
    const asked = this.config.cache_control ? directivesOf(exchange.request.headers) : null;
    if (!this.mayAsk(exchange, asked)) {
      this.show(exchange, exchange.responseHeaders, 'X-Cache-Status', 'Bypass');
      return undefined;
    }
    const key = this.keyOf(exchange);
    this.show(exchange, exchange.responseHeaders, 'X-Cache-Key', key);
    const answer = this.store.get(key, this.environment.now());
    if (!answer) {
      if (asked?.has('only-if-cached')) return emptyExit(exchange, 504);
      return this.askService(exchange, key, 'Miss');
    }
    if (!this.isFresh(answer, asked)) return this.askService(exchange, key, 'Refresh');
    return this.hit(exchange, answer, key);
  }

  headerFilter(exchange: Exchange, head: ResponseHead): void {
    const pending = exchange.local.get(this) as Pending | typeof NOT_MODIFIED | undefined;
    if (!pending) return;
    if (pending === NOT_MODIFIED) {
      head.headers.remove('content-length');
      return;
    }
    const ttl = this.keepFor(head);
    if (ttl === null) {
      this.show(exchange, head.headers, 'X-Cache-Status', 'Bypass');
      exchange.local.delete(this);
      return;
    }
    pending.status = head.status;
    pending.headers = keptHeaders(head.headers);
    pending.ttl = ttl;
    const tooLong = Number(head.headers.get('content-length') ?? 0) > ANSWER_MAX;
    // nginx runs no body filter for HEAD, so Kong never keeps its answers.
    if (exchange.upstream.method !== 'HEAD' && !tooLong) pending.chunks = [];
  }

  bodyFilter(exchange: Exchange, chunk: Buffer, last: boolean): Buffer {
    const pending = exchange.local.get(this) as Pending | typeof NOT_MODIFIED | undefined;
    if (pending === undefined || pending === NOT_MODIFIED || !pending.chunks) return chunk;
    pending.bytes += chunk.length;
    if (pending.bytes > ANSWER_MAX) pending.chunks = null;
    else {
      if (chunk.length > 0) pending.chunks.push(chunk);
      if (last) this.keep(pending, pending.chunks);
    }
    return chunk;
  }

  private get seconds(): number {
    return Math.floor(this.environment.now() / 1000);
  }

  private mayAsk(exchange: Exchange, asked: Directives | null): boolean {
    return this.methods.has(exchange.upstream.method) && !(asked && (asked.has('no-store') || asked.has('no-cache')));
  }

  /** A header of the cache's own, where configured or asked for by `Kong-Debug`. */
  private show(exchange: Exchange, headers: HeaderList, name: 'X-Cache-Status' | 'X-Cache-Key', value: string): void {
    if (this.shown[name] || exchange.request.headers.has('kong-debug')) headers.set(name, value);
  }

  private askService(exchange: Exchange, key: string, status: 'Miss' | 'Refresh'): undefined {
    exchange.local.set(this, { key, status: 0, headers: {}, ttl: 0, chunks: null, bytes: 0 } satisfies Pending);
    this.show(exchange, exchange.responseHeaders, 'X-Cache-Status', status);
  }

  private isFresh(answer: CachedAnswer, asked: Directives | null): boolean {
    const age = this.seconds - answer.timestamp;
    if (!asked) return age <= this.config.cache_ttl;
    const { ttl } = answer;
    if (age > (secondsOf(asked, 'max-age') ?? age)) return false;
    if (age - ttl > (secondsOf(asked, 'max-stale') ?? Number.POSITIVE_INFINITY)) return false;
    return ttl - age >= (secondsOf(asked, 'min-fresh') ?? Number.NEGATIVE_INFINITY);
  }

  private hit(exchange: Exchange, answer: CachedAnswer, key: string): Exit {
    const headers: Record<string, string | readonly string[]> = { ...answer.headers };
    const debug = exchange.request.headers.has('kong-debug');
    if (debug || this.shown.age) headers['Age'] = String(this.seconds - answer.timestamp);
    if (debug || this.shown['X-Cache-Status']) headers['X-Cache-Status'] = 'Hit';
    if (debug || this.shown['X-Cache-Key']) headers['X-Cache-Key'] = key;
    const verdict =
      answer.status === 200 ? judge(exchange.request.headers, headerOf(answer, 'etag'), headerOf(answer, 'last-modified')) : 200;
    if (verdict === 412) return emptyExit(exchange, 412);
    if (verdict === 200) return { status: answer.status, body: answer.body, headers };
    for (const name of Object.keys(headers)) if (name.toLowerCase() === 'content-type') delete headers[name];
    exchange.local.set(this, NOT_MODIFIED);
    return { status: NOT_MODIFIED, body: null, headers };
  }

  /** Seconds for which an answer is fresh; null when it may not be kept. */
  private keepFor(head: ResponseHead): number | null {
    if (!this.mayKeep(head)) return null;
    if (!this.config.cache_control) return this.config.cache_ttl;
    const said = directivesOf(head.headers);
    if (said.has('private') || said.has('no-store') || said.has('no-cache')) return null;
    const ttl = freshSeconds(said, head.headers, this.seconds);
    return ttl > 0 ? ttl : null;
  }

  private keep(pending: Pending, chunks: readonly Buffer[]): void {
    const { key, status, headers, ttl } = pending;
    const seconds = this.config.storage_ttl ?? ttl;
    // A storage_ttl of 0 means no end, as in Kong's shared dictionary.
    const expiresAt = seconds === 0 ? Number.POSITIVE_INFINITY : this.environment.now() + seconds * 1000;
    const answer = { status, headers, body: Buffer.concat(chunks), timestamp: this.seconds, ttl };
    if (!this.store.set(key, answer, expiresAt)) return;
    this.environment.siblings.tell({ store: storeName(this.config), key, answer, expiresAt } satisfies Told, answer.body.length);
  }
}

export const proxyCache: PluginTwin = {
  name: 'proxy-cache',
  priority: 100,
  version: '3.9.3',
  create: (config, environment) => new ProxyCache(config as unknown as ProxyCacheConfig, environment),
};

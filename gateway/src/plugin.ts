/** What a twin of a Kong plugin sees of a request, and what it may answer. Modelled on Kong's PDK and phases. */
import type { Consumer, Credential, Route, Service } from '@gatehouse/kong-config';
import type { HeaderList } from './headers.js';

/** The client's connection, for ids and logs. */
export interface ConnectionInfo {
  /** The address and port of the listener that took it. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Counts the connections of this process from 1 (nginx's $connection). */
  readonly serial: number;
  /** Counts the requests on this connection, this one included (nginx's $connection_requests). */
  readonly requests: number;
  /** Of a TLS connection: the protocol (`TLSv1.3`) and OpenSSL's name of the cipher. */
  readonly tls: TlsInfo | null;
}

export interface TlsInfo {
  readonly version: string;
  readonly cipher: string;
}

/** What the client sent. Only `headers` may be changed: they are what the service gets, as in Kong. */
export interface ClientRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** The Host without its port, lower-case. */
  readonly host: string;
  /** The port in Host, else the one of the listener. */
  readonly port: number;
  /** As sent, without the query. */
  readonly rawPath: string;
  /** Normalised: percent-decoded where safe, dot segments and double slashes resolved. */
  readonly path: string;
  /** After `?`, as sent; empty when there is none. */
  readonly rawQuery: string;
  /** A `?` was sent, with or without something after it. */
  readonly hasQuery: boolean;
  readonly httpVersion: 0.9 | 1.0 | 1.1 | 2;
  readonly headers: HeaderList;
  /** The peer of the connection. */
  readonly remoteAddress: string;
  /** The client, with X-Forwarded-For followed through trusted addresses only. */
  readonly clientIp: string;
  /** The connection's peer is in the trusted list: its X-Forwarded headers are believed. */
  readonly trusted: boolean;
  /** Null when chunked or when there is no body. */
  readonly contentLength: number | null;
  readonly hasBody: boolean;
  readonly connection: ConnectionInfo;
}

/** What goes to the service beside the headers; changed by plugins until it is sent. */
export interface UpstreamRequest {
  method: string;
  scheme: 'http' | 'https';
  /** Already joined with the service's path; not percent-encoded yet where Kong would encode it when sending. */
  path: string;
  /** Without `?`. */
  rawQuery: string;
  /** The Host header to send; null = from route and target. */
  host: string | null;
  /** Replaces the client's body; null = the client's. */
  body: Buffer | null;
}

/** The head of the answer as it is about to be sent; header filters change it. */
export interface ResponseHead {
  status: number;
  readonly headers: HeaderList;
  /** Who made the answer: the service, a plugin's exit, or the gateway's own error. */
  readonly source: 'service' | 'exit' | 'error';
}

/** A plugin's answer instead of the service's (kong.response.exit). An object body is sent as JSON. */
export interface Exit {
  status: number;
  body?: string | Buffer | object | null;
  /** In Kong's rules: these replace headers set before. */
  headers?: Record<string, string | number | readonly string[]>;
}

/** One attempt at one target of the service. */
export interface Try {
  readonly ip: string;
  readonly port: number;
  /** Unix ms. */
  readonly startedAt: number;
  /** Why it failed, as a status; null when it did not. */
  failed: 502 | 504 | null;
}

/** What happened, for the log phase. Times in milliseconds. */
export interface Outcome {
  status: number;
  source: ResponseHead['source'];
  /** From the first byte of the request to the last of the answer. */
  totalMs: number;
  /** Waiting for the service's head; null when none was asked. */
  upstreamMs: number | null;
  /** The gateway's own share before the service was asked. */
  gatewayMs: number;
  /** Of the request's head and body. */
  bytesIn: number;
  bytesOut: number;
  /** The client left before the answer was complete. */
  aborted: boolean;
  /** How the service was asked, one after the other. */
  readonly tries: readonly Try[];
}

/** The client's body is larger than a plugin takes. */
export class BodyTooLarge extends Error {
  readonly code = 'BODY_TOO_LARGE';
  /** `limit`: the bound that was passed, in bytes. */
  constructor(readonly limit: number) {
    super(`the body is larger than ${limit} bytes`);
  }
}

/** One request on its way through the phases. */
export interface Exchange {
  /** 32 hex digits: X-Kong-Request-Id. */
  readonly id: string;
  readonly request: ClientRequest;
  readonly upstream: UpstreamRequest;
  readonly route: Route | null;
  readonly service: Service | null;
  /** Captures of the matched regex path: numbered from 1, and by name. */
  readonly uriCaptures: { unnamed: readonly string[]; named: Readonly<Record<string, string>> } | null;
  consumer: Consumer | null;
  credential: Credential | null;
  /** Headers that plugins put on whatever answer is sent (kong.response.set_header before the answer exists). */
  readonly responseHeaders: HeaderList;
  /** kong.ctx.shared. */
  readonly shared: Map<string, unknown>;
  /** A plugin's own state for this request, by plugin instance (kong.ctx.plugin). */
  readonly local: Map<object, unknown>;
  /** Unix milliseconds at which the request began. */
  readonly startedAt: number;
  /** The whole body, collected once (then sent on from memory). Rejects with BodyTooLarge past `limit` bytes. */
  readBody(limit?: number): Promise<Buffer>;
  /**
   * Collects the body as the proxy does before it sends it (memory, then a temporary file) and says its length in bytes.
   * Rejects with BodyTooLarge past `limit` bytes. For plugins that count a chunked body without wanting to hold it.
   */
  bodySize(limit: number): Promise<number>;
}

type MaybePromise<T> = T | Promise<T>;

/** One configured instance of a plugin. Every handler is optional; a throw is answered 500 and logged. */
export interface PluginInstance {
  /** Before routing; runs for global plugins only. */
  rewrite?(exchange: Exchange): MaybePromise<Exit | undefined>;
  access?(exchange: Exchange): MaybePromise<Exit | undefined>;
  headerFilter?(exchange: Exchange, head: ResponseHead): void;
  /** Gets each piece of the body, the last with `last` (which may be empty); returns what to send instead. */
  bodyFilter?(exchange: Exchange, chunk: Buffer, last: boolean): Buffer;
  log?(exchange: Exchange, outcome: Outcome): void;
  /** Ends timers and connections when the configuration is replaced. */
  close?(): void;
}

/** Who the configuration knows. */
export interface Directory {
  /** All credentials of one kind, by Kong's name of the entity: keyauth_credentials, acls and so on. */
  credentials(kind: string): readonly Credential[];
  /** By id, else by username. */
  consumer(idOrUsername: string): Consumer | null;
}

/** What an instance is bound to; ids, null where it is not bound. */
export interface PluginScope {
  readonly route: string | null;
  readonly service: string | null;
  readonly consumer: string | null;
}

/** A counter that ends by itself. */
export interface CounterAsk {
  readonly key: string;
  readonly limit: number;
  /** How long it lives. */
  readonly seconds: number;
}

/** Counters of one plugin, shared by all processes that serve the gateway. `now`: Unix ms. */
export interface Counters {
  /** What stood before; when all were below their limits, each has counted one more, in the same step. A promise among processes. */
  take(asks: readonly CounterAsk[], now: number): MaybePromise<readonly number[]>;
  read(asks: readonly CounterAsk[], now: number): MaybePromise<readonly number[]>;
  add(ask: CounterAsk, amount: number, now: number): void;
}

/** Where a plugin's configuration says that Redis is: Kong's fields of `config.redis`. */
export interface RedisTarget {
  readonly host: string;
  readonly port: number;
  /** Milliseconds that a request waits for it at most. */
  readonly timeout: number;
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
  readonly ssl: boolean | null;
  readonly ssl_verify: boolean | null;
  readonly server_name: string | null;
}

/** Counters that are kept elsewhere. They reject when that is away. */
export interface RemoteCounters {
  take(asks: readonly CounterAsk[], now: number): Promise<readonly number[]>;
  read(asks: readonly CounterAsk[], now: number): Promise<readonly number[]>;
  add(ask: CounterAsk, amount: number, now: number): Promise<void>;
  close(): void;
}

/** The same plugin in the other processes that serve the gateway. */
export interface Siblings {
  /** Tells all of them; may be lost when there is too much to tell. `bytes`: about how large it is. */
  tell(data: unknown, bytes: number): void;
  /** Hears what they tell, once for each plugin: the one who listened last hears. */
  listen(heard: (data: unknown) => void): void;
}

/** Effects that twins may use, injected. */
export interface PluginEnvironment {
  readonly directory: Directory;
  readonly scope: PluginScope;
  /** Unix milliseconds. */
  now(): number;
  /** RFC 4122 v4. */
  uuid(): string;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>): void;
  /** State that outlives a reload, by a name of the plugin's choice. */
  readonly state: Map<string, unknown>;
  readonly counters: Counters;
  /**
   * Counters in a Redis.
   * @param prefix of their keys
   * @param syncSeconds -1: every request asks; else counts are brought there so often
   */
  redisCounters(target: RedisTarget, prefix: string, syncSeconds: number): RemoteCounters;
  readonly siblings: Siblings;
}

/** A bundled plugin of Kong, written again in TypeScript: same name, priority and behaviour. */
export interface PluginTwin {
  readonly name: string;
  /** Kong's PRIORITY: higher runs earlier. */
  readonly priority: number;
  readonly version: string;
  create(config: Record<string, unknown>, environment: PluginEnvironment): PluginInstance;
}

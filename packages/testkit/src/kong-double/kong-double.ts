/**
 * A Kong for tests that have none: our real Lua under LuaJIT, on a runloop and an API that do as Kong 3.9 does where our Lua and our
 * plugin server meet it. Needs `luajit`, and the Lua packages cjson and MessagePack (Debian: luajit, lua-cjson, lua-messagepack).
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { LuaSockets, type SocketAnswer } from './sockets.js';

/** A plugin that Kong knows: with a socket it is a plugin server's, else a Lua plugin of ours. */
export interface DoublePlugin {
  readonly name: string;
  readonly socket?: string;
  /** Of an external plugin. */
  readonly priority?: number;
}

/** A plugin that is configured. Without route and service it is global. */
export interface DoubleEntity {
  readonly name: string;
  readonly id: string;
  /** Changes with every change of the configuration. */
  readonly seq: number;
  readonly route?: string;
  readonly service?: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A route is matched by the beginning of the path, in order. */
export interface DoubleRoute {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly tags: readonly string[];
  readonly service: { readonly id: string; readonly name: string; readonly tags: readonly string[] };
}

export interface DoubleConfig {
  readonly plugins: readonly DoublePlugin[];
  readonly entities: readonly DoubleEntity[];
  readonly routes: readonly DoubleRoute[];
}

export interface DoubleRequest {
  readonly method?: string;
  /** Path with query. */
  readonly url: string;
  readonly host?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Buffer;
  /** A file that holds the body, as Kong makes one of a large body. */
  readonly bodyFile?: string;
}

export interface DoubleAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
  /** How often the plugin server called the PDK. */
  readonly calls: number;
}

/** What the service got. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

interface Told {
  readonly op: string;
  readonly id: number;
  readonly [name: string]: unknown;
}

const LUA = path.resolve(import.meta.dirname, '../../src/kong-double/kong.lua');
const OURS = path.resolve(import.meta.dirname, '../../../../kong/lua');

const pairsOf = (value: unknown): [string, string][] => (Array.isArray(value) ? (value as [string, string][]) : []);

/** One worker of the double. */
export class KongDouble implements Disposable {
  /** What reached the service. */
  readonly arrived: Arrived[] = [];
  /** What Kong would have written into its log. */
  readonly log: string[] = [];
  private readonly sockets = new LuaSockets();
  private readonly waiting = new Map<number, { answer(answer: DoubleAnswer): void; fail(error: Error): void }>();
  private last = 0;

  private constructor(private readonly lua: ChildProcessWithoutNullStreams) {
    readline.createInterface({ input: lua.stdout }).on('line', (line) => this.told(JSON.parse(line) as Told));
    lua.stderr.setEncoding('utf8').on('data', (text: string) => this.log.push(text));
    lua.on('exit', () => this.failAll(new Error(`the Lua ended: ${this.log.slice(-3).join('\n')}`)));
    lua.stdin.on('error', () => undefined);
  }

  /** @param prefix Kong's prefix: where the policy servers' sockets are */
  static start(prefix: string, config: DoubleConfig): KongDouble {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LUA_PATH: `${OURS}/?.lua;;` };
    const double = new KongDouble(spawn('luajit', [LUA, prefix], { env }));
    double.configure(config);
    return double;
  }

  /** A new configuration, as after a reload. */
  configure(config: DoubleConfig): void {
    this.say({ configure: config });
  }

  /** Sends a request through all phases. */
  request({
    method = 'GET',
    url,
    host = 'test.localhost',
    headers = [],
    body = Buffer.alloc(0),
    bodyFile,
  }: DoubleRequest): Promise<DoubleAnswer> {
    const number = ++this.last;
    const [rawPath = '', query = ''] = url.split('?');
    const id = number.toString(16).padStart(32, '0');
    const length = bodyFile === undefined && body.length === 0 ? undefined : String(body.length);
    const vars = {
      request_method: method,
      request_uri: url,
      host,
      scheme: 'http',
      remote_addr: '127.0.0.1',
      kong_request_id: id,
      content_length: length,
      request_completion: 'OK',
    };
    const own = [['Host', host], ...(length === undefined ? [] : [['Content-Length', length]]), ...headers];
    const request = {
      request: true,
      number,
      vars,
      path: rawPath,
      query,
      headers: own,
      started: Date.now() / 1000,
      body: body.toString('base64'),
      body_file: bodyFile,
    };
    return new Promise((answer, fail) => {
      this.waiting.set(number, { answer, fail });
      this.say(request);
    });
  }

  [Symbol.dispose](): void {
    this.sockets.closeAll();
    this.lua.kill('SIGKILL');
  }

  private say(message: object): void {
    this.lua.stdin.write(`${JSON.stringify(message)}\n`);
  }

  private failAll(error: Error): void {
    for (const { fail } of this.waiting.values()) fail(error);
    this.waiting.clear();
  }

  private told(message: Told): void {
    const answer = (said: SocketAnswer): void => this.say({ id: message.id, ...said });
    const { op } = message;
    if (op === 'connect') return this.sockets.connect(String(message['path']), answer);
    if (op === 'send') return this.sockets.send(Number(message['conn']), Buffer.from(String(message['data']), 'base64'), answer);
    if (op === 'receive') {
      return this.sockets.receive(Number(message['conn']), message['pattern'] as '*l', Number(message['timeout']), answer);
    }
    if (op === 'close') return this.sockets.close(Number(message['conn']));
    if (op === 'sleep') return void setTimeout(() => answer({}), Number(message['ms']));
    if (op === 'upstream') return this.serve(message);
    if (op === 'done') return this.done(message);
    this.log.push(String(message['text'] ?? message['error']));
  }

  private serve(message: Told): void {
    const { method, path: to, query, headers, body } = message;
    const arrived = { method: String(method), path: String(to), query: String(query), headers: pairsOf(headers) };
    this.arrived.push({ ...arrived, body: Buffer.from(String(body), 'base64') });
    const text = Buffer.from('from the service').toString('base64');
    this.say({ id: message.id, status: 200, headers: { 'content-type': 'text/plain' }, body: text });
  }

  private done(message: Told): void {
    const number = Number(message['request']);
    const headers = Array.isArray(message['headers']) ? {} : (message['headers'] as Record<string, string>);
    const body = Buffer.from(String(message['body']), 'base64');
    this.waiting.get(number)?.answer({ status: Number(message['status']), headers, body, calls: Number(message['calls']) });
    this.waiting.delete(number);
  }
}

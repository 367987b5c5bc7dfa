/** One worker of a Kong double: our Lua under LuaJIT, phase by phase. Only the access phase may wait for something. */
import path from 'node:path';
import type { DoubleConfig } from './config.js';
import { LinePipe, PipeClosedError } from './pipe.js';
import { LuaSockets, type Pattern, type SocketAnswer } from './sockets.js';

/** What Lua did to a request or its answer, in order. */
export type Operation =
  | readonly ['set' | 'answer-set', name: string, value: string | readonly string[]]
  | readonly ['answer-add', name: string, value: string]
  | readonly ['clear' | 'answer-clear', name: string]
  | readonly ['query', query: string];

/** An answer in place of the service's (kong.response.exit). */
export interface LuaExit {
  readonly status: number;
  readonly body?: string;
  readonly headers: readonly (readonly [string, string | readonly string[]])[];
}

/** What came of a phase. */
export interface PhaseResult {
  readonly ops: readonly Operation[];
  readonly exit?: LuaExit;
  /** Why the plugin failed. */
  readonly failed?: string;
  readonly chunk?: string;
  /** How often plugin servers have called the PDK for this request so far. */
  readonly calls: number;
}

/** A body, or the file that holds it; neither: there is none. */
export interface LuaBody {
  readonly data?: string;
  readonly file?: string;
  readonly err?: string;
}

/** A phase of one plugin for one request. `facts`: what changed of the request since it was last told. */
export interface PhaseCall {
  readonly request: number;
  readonly phase: 'rewrite' | 'access' | 'header_filter' | 'body_filter' | 'log';
  readonly plugin: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

interface Told {
  readonly op: string;
  readonly id: number;
  readonly [name: string]: unknown;
}

export interface WorkerOptions {
  /** Kong's prefix: where the policy servers' sockets are. */
  readonly prefix: string;
  readonly environment: Readonly<Record<string, string>>;
  log(text: string): void;
  /** Another worker must forget instances of a plugin, too. */
  reset(plugin: string): void;
}

/** A worker died with the requests that it had. */
export class WorkerGoneError extends Error {
  readonly code = 'WORKER_GONE';
}

const SENT_MAX = 1000;
const SENT_LENGTH = 60;
const MAIN = path.resolve(import.meta.dirname, '../../src/kong-double/lua/main.lua');
const OURS = path.resolve(import.meta.dirname, '../../../../kong/lua');

/** Kong's Lua has no nulls in a configuration; an empty list must not become a table. */
function forLua(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? { __list: true } : value.map(forLua);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  return Object.fromEntries(kept.map(([name, one]) => [name, forLua(one)]));
}

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

export class LuaWorker {
  /** How what its sockets sent begins: the latest pieces. */
  readonly sent: string[] = [];
  private readonly pipe: LinePipe;
  private readonly sockets = new LuaSockets();
  private readonly calls = new Map<number, { done(result: PhaseResult): void; fail(error: Error): void }>();
  private readonly bodies = new Map<number, () => Promise<LuaBody>>();
  private lastCall = 0;
  private gone = false;

  constructor(private readonly options: WorkerOptions) {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LUA_PATH: `${OURS}/?.lua;;`, ...options.environment };
    this.pipe = new LinePipe(options.prefix, 'luajit', [MAIN, options.prefix], env);
    this.pipe.child.stderr?.setEncoding('utf8').on('data', (text: string) => options.log(text));
    this.pipe.child.on('exit', () => this.end());
  }

  get alive(): boolean {
    return !this.gone;
  }

  get pid(): number {
    return this.pipe.child.pid ?? 0;
  }

  /** @param seq another one for every configuration */
  configure(config: DoubleConfig, seq: number): void {
    const { plugins, entities, routes, services } = config;
    const text = JSON.stringify({ configure: { seq, plugins, entities: entities.map(forLua), routes, services }, time: Date.now() });
    this.exchange(latin1(text));
  }

  /** Runs a phase that can't wait. @throws WorkerGoneError */
  run(call: PhaseCall): PhaseResult {
    const number = ++this.lastCall;
    let result: PhaseResult | undefined;
    this.calls.set(number, {
      done: (said) => {
        result = said;
      },
      fail: () => undefined,
    });
    this.say({ ...call, call: number });
    this.calls.delete(number);
    if (!result) throw new WorkerGoneError('no answer of Lua');
    return result;
  }

  /**
   * Runs the access phase of a plugin.
   * @param body reads the request's body, when Lua wants it
   * @throws WorkerGoneError when the worker dies meanwhile
   */
  access(call: PhaseCall, body: () => Promise<LuaBody>): Promise<PhaseResult> {
    const number = ++this.lastCall;
    this.bodies.set(call.request, body);
    return new Promise<PhaseResult>((done, fail) => {
      this.calls.set(number, { done, fail });
      try {
        this.say({ ...call, call: number });
      } catch (error) {
        this.calls.delete(number);
        fail(error as Error);
      }
    }).finally(() => this.bodies.delete(call.request));
  }

  /** The request is over. */
  forget(request: number): void {
    this.quietly({ forget: request });
  }

  reset(plugin: string): void {
    this.quietly({ reset: plugin });
  }

  kill(): void {
    this.pipe.child.kill('SIGKILL');
    this.end();
  }

  private end(): void {
    if (this.gone) return;
    this.gone = true;
    this.pipe.close();
    this.sockets.closeAll();
    for (const { fail } of this.calls.values()) fail(new WorkerGoneError('the worker died'));
    this.calls.clear();
  }

  private quietly(message: object): void {
    if (!this.gone) this.say(message);
  }

  private say(message: object): void {
    this.exchange(JSON.stringify({ ...message, time: Date.now() }));
  }

  private exchange(text: string): void {
    let lines: string[];
    try {
      lines = this.pipe.exchange(text);
    } catch (error) {
      if (!(error instanceof PipeClosedError)) throw error;
      this.end();
      throw new WorkerGoneError('the worker died', { cause: error });
    }
    for (const line of lines) this.told(JSON.parse(line) as Told);
  }

  private told(message: Told): void {
    const { op, id } = message;
    const answer = (said: SocketAnswer | LuaBody): void => this.quietly({ resume: id, ...said });
    if (op === 'done') return this.done(message);
    if (op === 'close') return this.sockets.close(Number(message['conn']));
    if (op === 'keep') return this.sockets.keep(Number(message['conn']));
    if (op === 'sleep') return void setTimeout(() => answer({}), Number(message['ms']));
    if (op === 'reset') return this.options.reset(String(message['plugin']));
    if (op === 'body') return this.readBody(Number(message['request']), answer);
    if (op === 'log' || op === 'crash') return this.options.log(String(message['text']));
    this.socket(message, answer);
  }

  private socket(message: Told, answer: (said: SocketAnswer) => void): void {
    const conn = Number(message['conn']);
    const timeout = message['timeout'] as number | undefined;
    switch (message.op) {
      case 'connect':
        return this.sockets.connect(String(message['path']), String(message['pool']), timeout, answer);
      case 'send':
        return this.send(conn, String(message['data']), answer);
      case 'receive':
        return this.sockets.receive(conn, message['pattern'] as Pattern, timeout ?? 0, answer);
      default:
        throw new Error(`the Lua of the double said "${message.op}"`);
    }
  }

  private send(conn: number, data: string, answer: (said: SocketAnswer) => void): void {
    this.sent.push(data.slice(0, SENT_LENGTH));
    if (this.sent.length > SENT_MAX) this.sent.splice(0, SENT_MAX / 2);
    this.sockets.send(conn, data, answer);
  }

  private readBody(request: number, answer: (said: LuaBody) => void): void {
    const read = this.bodies.get(request);
    if (!read) return answer({});
    read().then(answer, (error: unknown) => answer({ err: String(error) }));
  }

  private done(message: Told): void {
    const call = this.calls.get(Number(message['call']));
    this.calls.delete(Number(message['call']));
    const ops = message['ops'];
    call?.done({ ...(message as unknown as PhaseResult), ops: Array.isArray(ops) ? (ops as Operation[]) : [] });
  }
}

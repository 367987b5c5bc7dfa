import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { controlFailure, controlPrefix, controlRouter, type Steering } from './control.js';
import { Exchange } from './exchange.js';
import { Failure } from './failure.js';
import { type Fault, Faults } from './faults.js';
import type { Receiver } from './listener.js';
import type { Mock } from './mock.js';
import type { Recorder } from './recorder.js';
import { ok, type Reply, type Sleep, send } from './reply.js';
import { Router } from './router.js';
import { echo, refuseUpgrade } from './websocket.js';

/** What a host needs beside its mock. */
export interface HostWorld {
  readonly now: () => number;
  readonly sleep: Sleep;
  readonly steering: Steering;
  readonly warn: (line: string) => void;
}

/** Runs one mock on any number of ports: records, applies faults, routes, answers. */
export class ServiceHost implements Receiver {
  readonly faults = new Faults();
  readonly #control: Router;
  #mock: Mock;
  #router: Router;

  /** @param name `gongbu.course` */
  constructor(
    readonly name: string,
    mock: Mock,
    readonly recorder: Recorder,
    private readonly world: HostWorld,
  ) {
    this.#mock = mock;
    this.#router = routerOf(mock);
    this.#control = controlRouter(name, world.steering);
  }

  /** Begins again with a fresh mock. */
  replace(mock: Mock): void {
    this.#mock = mock;
    this.#router = routerOf(mock);
  }

  request(request: IncomingMessage, response: ServerResponse, port: number): void {
    const gone = new AbortController();
    // Without a listener, an error of a connection that the caller cut would end the process.
    request.on('error', () => gone.abort());
    response.on('error', () => gone.abort());
    this.#serve(request, response, port, gone).catch((error: Error) => {
      if (!gone.signal.aborted) this.world.warn(`${this.name}: ${error.stack ?? error.message}`);
      response.destroy();
    });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, port: number): void {
    socket.on('error', () => socket.destroy());
    const path = pathOf(request);
    this.recorder.begin(request, port);
    const fault = this.faults.take('GET', path, port);
    if (fault?.refuse) socket.destroy();
    else if (fault?.status !== undefined) refuseUpgrade(socket, fault.status);
    else {
      this.#pause(fault, new AbortController().signal)
        .then(() => echo(request, socket, head))
        .catch(() => socket.destroy());
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse, port: number, gone: AbortController): Promise<void> {
    const path = pathOf(request);
    const steers = path.startsWith(controlPrefix);
    const probes = path === '/health' || path === '/health/';
    const recording = steers || probes ? this.recorder.ignore(request, port) : this.recorder.begin(request, port);
    response.on('close', () => {
      if (response.writableFinished) return;
      recording.abort();
      gone.abort();
    });
    const exchange = new Exchange(request, recording);
    const fault = steers ? undefined : this.faults.take(exchange.method, path, port);
    if (fault?.refuse) {
      request.socket.resetAndDestroy();
      return;
    }
    await this.#pause(fault, gone.signal);
    const reply = await this.#answer(exchange, fault, steers);
    await send(response, reply, fault?.slowBodyMsPerChunk ?? 0, this.world.sleep, gone.signal);
  }

  async #pause(fault: Fault | undefined, signal: AbortSignal): Promise<void> {
    if (fault?.delayMs !== undefined && fault.delayMs > 0) await this.world.sleep(fault.delayMs, signal);
  }

  async #answer(exchange: Exchange, fault: Fault | undefined, steers: boolean): Promise<Reply> {
    try {
      if (fault?.status !== undefined) return await this.#faulty(exchange, fault, fault.status);
      const control = steers ? this.#control.match(exchange.method, exchange.path) : undefined;
      const match = control?.handler === undefined ? this.#router.match(exchange.method, exchange.path) : control;
      return await this.#call(match, exchange);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return steers ? controlFailure(error) : this.#mock.failure(error, exchange, this.world.now());
    }
  }

  async #call(match: ReturnType<Router['match']>, exchange: Exchange): Promise<Reply> {
    if (match.handler === undefined) return this.#unrouted(exchange, match.allow);
    exchange.params = match.params;
    if ('streams' in match.handler) return match.handler.handle(exchange);
    await exchange.readBody();
    return match.handler(exchange);
  }

  async #unrouted(exchange: Exchange, allow: readonly string[]): Promise<Reply> {
    await exchange.readBody();
    const reply = this.#mock.fallback?.(exchange);
    if (reply !== undefined) return reply;
    if (allow.length === 0) throw new Failure(404, `Cannot ${exchange.method} ${exchange.path}`);
    const refusal = this.#mock.failure(new Failure(405, 'Method not allowed'), exchange, this.world.now());
    return { ...refusal, headers: { ...refusal.headers, allow: allow.join(', ') } };
  }

  async #faulty(exchange: Exchange, fault: Fault, status: number): Promise<Reply> {
    await exchange.readBody();
    const headers = fault.headers ?? {};
    if (typeof fault.body === 'string')
      return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, bytes: fault.body };
    if (fault.body !== undefined) return { status, headers, json: fault.body };
    if (status < 400) return { status, headers };
    const reply = this.#mock.failure(new Failure(status, 'Scripted fault'), exchange, this.world.now());
    return { ...reply, headers: { ...reply.headers, ...headers } };
  }
}

function routerOf(mock: Mock): Router {
  return new Router({ 'GET /health': () => ok(mock.health()), ...mock.routes });
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

/** A plugin of the embedded plane that is really one under a Kong double: every phase runs in the worker of the request's connection. */
import fs from 'node:fs';
import { type KongDouble, type LuaExit, type LuaWorker, type Operation, type PhaseResult, WorkerGoneError } from '@gatehouse/testkit';
import type { HeaderList } from '../../../gateway/src/headers.js';
import type { LiveExchange } from '../../../gateway/src/phases/exchange.js';
import type { Exchange, Exit, Outcome, PluginInstance, ResponseHead } from '../../../gateway/src/plugin.js';
import { fixedFacts, headerFacts, readBody, routeFacts } from './facts.js';

/** A request in its worker. */
interface LuaRequest {
  readonly number: number;
  readonly worker: LuaWorker;
  told: boolean;
  /** Filters see it first in the answer's head. */
  headed: boolean;
}

let requests = 0;
/** PDK calls of each request that is over, the latest last; tests read and empty it. */
export const pdkCalls: number[] = [];
const CALLS_MAX = 10_000;

const KEY = {};

function setAll(headers: HeaderList, name: string, value: string | readonly string[]): void {
  if (typeof value === 'string') return headers.set(name, value);
  headers.remove(name.toLowerCase());
  for (const one of value) headers.add(name, one);
}

function apply(ops: readonly Operation[], exchange: Exchange, answer: HeaderList | null): void {
  const { headers } = exchange.request;
  for (const op of ops) {
    if (op[0] === 'set') setAll(headers, op[1], op[2]);
    else if (op[0] === 'clear') headers.remove(op[1].toLowerCase());
    else if (op[0] === 'query') exchange.upstream.rawQuery = op[1];
    else if (op[0] === 'answer-clear') answer?.remove(op[1].toLowerCase());
    else if (op[0] === 'answer-add') answer?.add(op[1], op[2]);
    else if (answer && op[2] !== undefined) setAll(answer, op[1], op[2]);
  }
}

function exitOf({ status, body, headers }: LuaExit): Exit {
  const text = body === undefined ? null : Buffer.from(body, 'latin1');
  return { status, body: text, headers: Object.fromEntries(headers) };
}

export class LuaPlugin implements PluginInstance {
  readonly rewrite?: NonNullable<PluginInstance['rewrite']>;
  readonly headerFilter?: NonNullable<PluginInstance['headerFilter']>;
  readonly bodyFilter?: NonNullable<PluginInstance['bodyFilter']>;
  readonly log?: NonNullable<PluginInstance['log']>;

  /** @param phases the ones that it has, in Kong's words */
  constructor(
    private readonly name: string,
    phases: readonly string[],
    private readonly double: KongDouble,
    private readonly folder: string,
  ) {
    if (phases.includes('rewrite')) this.rewrite = (exchange) => this.inRewrite(exchange as LiveExchange);
    if (phases.includes('header_filter')) this.headerFilter = (exchange, head) => this.inHead(exchange as LiveExchange, head);
    if (phases.includes('body_filter')) this.bodyFilter = (exchange, chunk, last) => this.inBody(exchange as LiveExchange, chunk, last);
    if (phases.includes('log')) this.log = (exchange, outcome) => this.inLog(exchange as LiveExchange, outcome);
  }

  async access(exchange: Exchange): Promise<Exit | undefined> {
    const live = exchange as LiveExchange;
    const { worker, number } = this.requestOf(live);
    const files: string[] = [];
    const body = async () => {
      const read = await readBody(live, this.folder).catch((error: unknown) => {
        failure = error;
        throw error;
      });
      if (read.file !== undefined) files.push(read.file);
      return read;
    };
    let failure: unknown;
    const facts = { ...this.fixed(live), ...routeFacts(live) };
    const call = { request: number, phase: 'access', plugin: this.name, facts } as const;
    const result = await worker.access(call, body);
    for (const file of files) fs.rmSync(file, { force: true });
    // A body that does not come ends the request inside nginx.
    if (failure !== undefined) throw failure;
    return this.did(live, result, null);
  }

  private did(exchange: LiveExchange, result: PhaseResult, answer: HeaderList | null): Exit | undefined {
    apply(result.ops, exchange, answer);
    if (result.failed !== undefined) throw new Error(result.failed);
    return result.exit ? exitOf(result.exit) : undefined;
  }

  private requestOf(exchange: LiveExchange): LuaRequest {
    const known = exchange.local.get(KEY);
    if (known) return known as LuaRequest;
    const worker = this.double.worker(exchange.request.connection.serial);
    const made: LuaRequest = { number: ++requests, worker, told: false, headed: false };
    exchange.local.set(KEY, made);
    return made;
  }

  private fixed(exchange: LiveExchange): Record<string, unknown> {
    const request = this.requestOf(exchange);
    if (request.told) return {};
    request.told = true;
    return fixedFacts(exchange);
  }

  private run(exchange: LiveExchange, phase: 'rewrite' | 'header_filter' | 'body_filter' | 'log', facts: object): PhaseResult {
    const { worker, number } = this.requestOf(exchange);
    return worker.run({ request: number, phase, plugin: this.name, facts: { ...this.fixed(exchange), ...facts } });
  }

  private inRewrite(exchange: LiveExchange): Exit | undefined {
    return this.did(exchange, this.run(exchange, 'rewrite', { headers: headerFacts(exchange.request.headers) }), null);
  }

  private answerFacts(exchange: LiveExchange, status: number, source: string): object {
    const { upstreamAskedAt: asked, upstreamFailure: failure } = exchange;
    // Kong looks for a target before it proxies; when there is none, it answers as a plugin would.
    const nobody = failure === 'no-target' || failure === 'unresolved';
    const waited = asked > 0 ? (exchange.upstreamAnsweredAt || Date.now()) - asked : undefined;
    return {
      status,
      source: nobody ? 'exit' : source,
      upstream: { proxied: !nobody && (asked > 0 || failure !== null), waited, nobody: nobody ? failure : undefined },
      headers: headerFacts(exchange.request.headers),
    };
  }

  private inHead(exchange: LiveExchange, head: ResponseHead): void {
    const facts = { ...this.answerFacts(exchange, head.status, head.source), response: headerFacts(head.headers) };
    this.did(exchange, this.run(exchange, 'header_filter', facts), head.headers);
    this.requestOf(exchange).headed = true;
  }

  private inBody(exchange: LiveExchange, chunk: Buffer, last: boolean): Buffer {
    const result = this.run(exchange, 'body_filter', { arg: [chunk.toString('latin1'), last] });
    if (result.failed !== undefined) throw new Error(result.failed);
    return Buffer.from(result.chunk ?? '', 'latin1');
  }

  private inLog(exchange: LiveExchange, outcome: Outcome): void {
    const { worker, number } = this.requestOf(exchange);
    const { vars } = fixedFacts(exchange) as { vars: object };
    const sizes = { request_length: String(outcome.bytesIn), bytes_sent: String(outcome.bytesOut) };
    const facts = {
      ...this.answerFacts(exchange, outcome.aborted ? 499 : outcome.status, outcome.source),
      vars: { ...vars, ...sizes, request_completion: outcome.aborted ? '' : 'OK' },
    };
    try {
      const { calls } = this.run(exchange, 'log', facts);
      if (this.name === 'guard') pdkCalls.push(calls);
      if (pdkCalls.length > CALLS_MAX) pdkCalls.splice(0, CALLS_MAX / 2);
    } catch (error) {
      if (!(error instanceof WorkerGoneError)) throw error;
    }
    // Other plugins of this request may still be in their log phase.
    setImmediate(() => worker.forget(number));
  }
}

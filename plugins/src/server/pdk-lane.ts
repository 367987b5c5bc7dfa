/**
 * Kong's plugin-server protocol (MsgPack:1). An event's id is its instance's, and what Kong answers says itself what it is, so that
 * nothing is kept between two calls of a request: nothing can leak, and what a request needs dies with it.
 */
import { createHash } from 'node:crypto';
import { ConfigError, type Log } from '@gatehouse/policy';
import { ChainConfigError, type ChainStore, configsOf, policyEntries } from './chain-store.js';
import type { DecisionText } from './decision-text.js';
import type { LaneChain } from './lane-chain.js';
import { type FactsText, splitFacts } from './lane-facts.js';
import type { Packed } from './msgpack.js';
import { commit, commitEnd, ended, failure, pdkCall, response, result } from './pdk-frames.js';

/** The name under which a route's policies run fused. */
export const FUSED = 'gatehouse';

interface Instance {
  readonly id: number;
  /** Of its chain; null when it is one policy that stands alone, and Kong knows which others run beside it. */
  readonly chainKey: string | null;
  /** What to ask Kong first. */
  readonly first: string;
  readonly commitEnd: string;
  readonly ended: string;
  usedAt: number;
  /** Kong has another one in its place; what goes on in it may end. */
  closed: boolean;
}

interface FusedConfig {
  readonly system: string;
  readonly policies: string;
}

/** Sends a frame: one character per byte. */
export type Send = (frame: string) => void;

export interface PdkLaneOptions {
  readonly store: ChainStore;
  /** Whether a plugin of this name is served here. */
  serves(name: string): boolean;
  readonly log: Log;
  /** Whether another request may be judged now. */
  admit(): boolean;
  /** A judgement that was admitted is over. */
  done(): void;
  /** Unix milliseconds. */
  now(): number;
  /** A process's ids must not be another's: Kong keeps them when it starts a new process. Below 2^47. */
  readonly firstId: number;
}

const INSTANCES_MAX = 100_000;
const IDLE_MAX_MS = 60 * 60_000;
/** How long what is under way in a closed instance may take. */
const CLOSED_MAX_MS = 60_000;

type Arguments = Readonly<Record<string, Packed>>;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');
const keyOf = (system: string, policies: string): string => createHash('sha256').update(`${system}\n${policies}`).digest('base64');

function fusedConfig(config: unknown): FusedConfig {
  if (isRecord(config) && typeof config['system'] === 'string' && typeof config['policies'] === 'string') {
    return { system: config['system'], policies: config['policies'] };
  }
  throw new ChainConfigError('config: expected system and policies');
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ChainConfigError(`${what}: no JSON`);
  }
}

/** Null for what is no text of facts. */
function factsOf(data: string): FactsText | null {
  try {
    return splitFacts(data);
  } catch {
    return null;
  }
}

export class PdkLane {
  private readonly instances = new Map<number, Instance>();
  private nextId: number;

  constructor(private readonly options: PdkLaneOptions) {
    this.nextId = options.firstId;
  }

  get instanceCount(): number {
    return this.instances.size;
  }

  /** Answers one message of Kong's; anything that is none is left unanswered, and Kong's guard refuses the request. */
  message(message: Packed, send: Send): void {
    if (!Array.isArray(message) || message[0] !== 0) return;
    const [, id, method, args] = message as Packed[];
    const first = Array.isArray(args) ? ((args as Packed[])[0] ?? null) : null;
    if (typeof id !== 'number' || typeof method !== 'string') return;
    try {
      this.call(id, method, first, send);
    } catch (error) {
      const known = error instanceof ConfigError || error instanceof ChainConfigError;
      if (!known) this.options.log('error', 'a call of Kong failed', { method, error: String(error) });
      send(failure(id, known ? error.message : 'the call failed'));
    }
  }

  /** Forgets instances that nobody used for long; Kong starts them again when it must. */
  sweep(now: number): void {
    for (const [id, { usedAt, closed }] of this.instances) {
      if (now - usedAt > (closed ? CLOSED_MAX_MS : IDLE_MAX_MS)) this.instances.delete(id);
    }
  }

  private call(id: number, method: string, first: Packed, send: Send): void {
    const args = (isRecord(first) ? first : {}) as Arguments;
    if (method === 'plugin.HandleEvent') return this.handleEvent(id, args, send);
    if (method.startsWith('plugin.Step')) return this.step(id, args, send);
    if (method === 'plugin.StartInstance') return send(response(id, this.start(args)));
    if (method === 'plugin.CloseInstance') return send(response(id, this.closeInstance(first)));
    send(failure(id, `no method ${method.slice(0, 100)}`));
  }

  private start(args: Arguments): string {
    const { Name: name, Config: text } = args;
    if (typeof name !== 'string' || typeof text !== 'string') throw new ChainConfigError('Name and Config are needed');
    if (!this.options.serves(name)) throw new ChainConfigError(`there is no plugin "${name.slice(0, 100)}"`);
    if (this.instances.size >= INSTANCES_MAX) throw new ChainConfigError('too many instances');
    const config = parsed(utf8(text), 'Config');
    const id = this.nextId++;
    const instance = name === FUSED ? this.fused(id, config) : this.single(id);
    this.instances.set(id, instance);
    return result({ Name: name, Id: id, Config: null, StartTime: Math.floor(this.options.now() / 1000) });
  }

  private fused(id: number, config: unknown): Instance {
    const { system, policies } = fusedConfig(config);
    const chainKey = `f${keyOf(system, policies)}`;
    const chain = this.options.store.define(chainKey, system, policyEntries(parsed(policies, 'policies')));
    const own = isRecord(config) ? `${String(config['__plugin_id'])}.${String(config['__seq__'])}` : '';
    const first = pdkCall(id, 'kong.gw.facts', [chain.needs, '']);
    return { id, chainKey, first, commitEnd: commitEnd(own, id), ended: ended(id), usedAt: this.options.now(), closed: false };
  }

  private single(id: number): Instance {
    const first = pdkCall(id, 'kong.gw.chain', []);
    return { id, chainKey: null, first, commitEnd: '', ended: ended(id), usedAt: this.options.now(), closed: false };
  }

  /** Events under way in it go on: Kong closes an instance when a reload brought another, whatever runs. */
  private closeInstance(first: Packed): string {
    const instance = typeof first === 'number' ? this.instances.get(first) : undefined;
    if (instance) instance.closed = true;
    return result({});
  }

  /** Kong starts an instance again when it hears that there is none. */
  private handleEvent(id: number, args: Arguments, send: Send): void {
    const instanceId = args['InstanceId'];
    const instance = typeof instanceId === 'number' ? this.instances.get(instanceId) : undefined;
    if (!instance || instance.closed || (instance.chainKey !== null && !this.options.store.get(instance.chainKey))) {
      if (instance) instance.closed = true;
      return send(failure(id, `no plugin instance ${String(instanceId)}`));
    }
    instance.usedAt = this.options.now();
    send(response(id, args['EventName'] === 'access' ? instance.first : instance.ended));
  }

  private step(id: number, args: Arguments, send: Send): void {
    const { EventId: eventId, Data: data } = args;
    const instance = typeof eventId === 'number' ? this.instances.get(eventId) : undefined;
    if (!instance) return send(response(id, ended(typeof eventId === 'number' ? eventId : 0)));
    if (typeof data !== 'string') return send(response(id, instance.ended));
    if (data.startsWith('F')) return this.judge(id, instance, data, send);
    if (data.startsWith('C')) return this.chainNamed(id, instance, data.slice(1), send);
    if (data.startsWith('J')) return this.chainTold(id, instance, data.slice(1), send);
    send(response(id, instance.ended));
  }

  /** Kong says which policies run together; unless they are known, it is asked for their configurations. */
  private chainNamed(id: number, instance: Instance, chainId: string, send: Send): void {
    const chain = this.options.store.get(`c${chainId}`);
    const call = chain ? pdkCall(instance.id, 'kong.gw.facts', [chain.needs, chainId]) : pdkCall(instance.id, 'kong.gw.configs', []);
    send(response(id, call));
  }

  private chainTold(id: number, instance: Instance, text: string, send: Send): void {
    try {
      const told = configsOf(utf8(text));
      const chain = this.options.store.define(`c${told.id}`, told.system, policyEntries(told.policies, told.system));
      send(response(id, pdkCall(instance.id, 'kong.gw.facts', [chain.needs, told.id])));
    } catch (error) {
      if (!(error instanceof ConfigError)) this.options.log('error', 'policies of a route can not run', { error: String(error) });
      send(response(id, instance.ended));
    }
  }

  private judge(id: number, instance: Instance, data: string, send: Send): void {
    const facts = factsOf(data);
    const chain = facts && this.options.store.get(facts.chain === '' ? (instance.chainKey ?? '') : `c${facts.chain}`);
    if (!chain || !this.options.admit()) return send(response(id, instance.ended));
    const last = facts.chain === '' ? instance.commitEnd : commitEnd(facts.chain, instance.id);
    this.decide(chain, facts, (text) => {
      send(response(id, text === null ? instance.ended : commit(text.head, text.body, last)));
    });
  }

  /** Calls back with what was decided, or with null when nothing was: Kong's guard refuses the request then. */
  private decide(chain: LaneChain, { line, stamp, body }: FactsText, said: (text: DecisionText | null) => void): void {
    const failed = (error: unknown): void => {
      this.options.done();
      this.options.log('error', 'no decision', { error: String(error) });
      said(null);
    };
    const finish = (text: DecisionText): void => {
      this.options.done();
      said(text);
    };
    try {
      const text = chain.judge(line, stamp, body);
      if (text instanceof Promise) text.then(finish, failed);
      else finish(text);
    } catch (error) {
      failed(error);
    }
  }
}

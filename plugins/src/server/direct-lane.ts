/**
 * The direct lane: lines over a unix socket, from `kong/lua/gatehouse/ask.lua` and `outcome.lua`.
 *
 *     c<id> <json>\n                 defines a chain           → <length> {"needs":…,"timeout":…}
 *     f<id> <length> <stamp> <json>\n<body>  facts of a request → <length> <decision>, or `u` (chain unknown), or `e` (failed)
 *     h<json>\n  o<json>\n           an answer's head, an end  → nothing
 *     !\n                            end of a batch            → <length> !
 */
import { ConfigError, type Log } from '@gatehouse/policy';
import { ChainConfigError, type ChainStore, policyEntries } from './chain-store.js';
import type { DecisionText } from './decision-text.js';
import { STAMP_LENGTH } from './lane-facts.js';
import { tellHead, tellOutcome } from './outcomes.js';

export interface DirectLaneOptions {
  readonly store: ChainStore;
  readonly log: Log;
  admit(): boolean;
  done(): void;
  /** Unix milliseconds. */
  now(): number;
}

/** Sends text of one character per byte. */
export type Write = (text: string) => void;

/** A line or a body that is longer, or a line that is none: the connection is given up. */
export class DirectFrameError extends Error {
  readonly code = 'DIRECT_FRAME';
}

const LINE_MAX = 2 * 1024 * 1024;
const BODY_MAX = 64 * 1024 * 1024;
const NEWLINE = 0x0a;
const FACTS = 'f'.charCodeAt(0);

/** The parts of a line of facts. */
interface FactsLine {
  readonly id: string;
  readonly length: number;
  /** The request's moment, traceparent and id. */
  readonly stamp: string;
  readonly json: string;
}

function factsLine(line: string): FactsLine {
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  const length = Number(line.slice(first + 1, second));
  if (first < 0 || second < 0 || !Number.isInteger(length) || length < 0 || length > BODY_MAX) throw new DirectFrameError('facts');
  const third = second + 1 + STAMP_LENGTH;
  return { id: line.slice(1, first), length, stamp: line.slice(second + 1, third), json: line.slice(third + 1) };
}

/** One connection: reads in order, answers in order. */
export class DirectConnection {
  private rest: Buffer = Buffer.alloc(0);
  private waiting = false;
  /** Facts whose body has not come yet. */
  private open: FactsLine | null = null;

  constructor(
    private readonly options: DirectLaneOptions,
    private readonly write: Write,
  ) {}

  /** Whether a decision is owed. */
  get busy(): boolean {
    return this.waiting || this.open !== null;
  }

  /** @throws DirectFrameError when what came can't be understood */
  push(piece: Buffer): void {
    this.rest = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    this.advance();
    if (this.rest.length > LINE_MAX + BODY_MAX) throw new DirectFrameError('too much at once');
  }

  private advance(): void {
    while (!this.waiting && this.rest.length > 0) {
      if (this.open === null && !this.nextLine()) return;
      if (this.open !== null && !this.nextBody(this.open)) return;
    }
  }

  /** Takes a line; false when it is not complete. */
  private nextLine(): boolean {
    const end = this.rest.indexOf(NEWLINE);
    if (end < 0) {
      if (this.rest.length > LINE_MAX) throw new DirectFrameError('line too long');
      return false;
    }
    const kind = this.rest[0];
    const line = this.rest.toString('latin1', 0, end);
    this.rest = this.rest.subarray(end + 1);
    if (kind === FACTS) {
      this.open = factsLine(line);
      if (this.open.length === 0) this.nextBody(this.open);
      return true;
    }
    this.told(line);
    return true;
  }

  private nextBody(facts: FactsLine): boolean {
    if (this.rest.length < facts.length) return false;
    const body = this.rest.subarray(0, facts.length);
    this.rest = this.rest.subarray(facts.length);
    this.open = null;
    this.judge(facts, body);
    return true;
  }

  private told(line: string): void {
    const { store, now } = this.options;
    switch (line[0]) {
      case 'c':
        return this.define(line);
      case 'h':
        return tellHead(store.pending, line.slice(1), now());
      case 'o':
        return tellOutcome(store.pending, line.slice(1), now());
      case '!':
        return this.write('0 !\n');
      default:
        throw new DirectFrameError('no known line');
    }
  }

  private define(line: string): void {
    const blank = line.indexOf(' ');
    const id = line.slice(1, blank);
    try {
      const { system, policies } = JSON.parse(Buffer.from(line.slice(blank + 1), 'latin1').toString('utf8')) as Record<string, unknown>;
      if (typeof system !== 'string' || typeof policies !== 'string') throw new ChainConfigError('system and policies are needed');
      const chain = this.options.store.define(`d${id}`, system, policyEntries(JSON.parse(policies)));
      this.write(`0 ${JSON.stringify({ needs: chain.needs, timeout: chain.timeoutMs })}\n`);
    } catch (error) {
      const message = error instanceof ConfigError || error instanceof ChainConfigError ? error.message : 'no configuration';
      this.write(`0 ${JSON.stringify(message).replace(/[^\x20-\x7e]/g, '?')}\n`);
    }
  }

  private judge(facts: FactsLine, body: Buffer): void {
    const chain = this.options.store.get(`d${facts.id}`);
    if (!chain) return this.write('0 u\n');
    if (!this.options.admit()) return this.write('0 e\n');
    try {
      const text = chain.judge(facts.json, facts.stamp, body);
      if (!(text instanceof Promise)) return this.said(text);
      this.waiting = true;
      // A body lies in a buffer that is used again by then; nobody reads it after the decision began without copying.
      text.then(
        (late) => this.resume(() => this.said(late)),
        (error) => this.resume(() => this.failed(error)),
      );
    } catch (error) {
      this.failed(error);
    }
  }

  private resume(answer: () => void): void {
    this.waiting = false;
    answer();
    this.advance();
  }

  private said(text: DecisionText): void {
    this.options.done();
    const { head, body } = text;
    this.write(body === null ? `0 ${head}\n` : `${body.length} ${head}\n${body.toString('latin1')}`);
  }

  private failed(error: unknown): void {
    this.options.done();
    this.options.log('error', 'no decision', { error: String(error) });
    this.write('0 e\n');
  }
}

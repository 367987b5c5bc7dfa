/** Once, however often it is asked: the first answer under a key is the answer (draft-ietf-httpapi-idempotency-key-header-07). */
import { createHash } from 'node:crypto';
import {
  type BaseEffects,
  type Decision,
  deny,
  type Facts,
  type FirstAnswer,
  type IdempotencyClaim,
  type IdempotencyStore,
  type MaybePromise,
  type Needs,
  type Outcome,
  PASS,
  PathPattern,
  type PolicyInstance,
  type RequestContext,
  splitPath,
} from '@gatehouse/policy';
import { keptHeaders } from './replay-headers.js';
import type { Config } from './schema.js';

/** What the policy uses of the world. `storeOf` throws for a Redis that is named wrongly. */
export interface IdempotencyEffects extends Pick<BaseEffects, 'now' | 'log' | 'after'> {
  storeOf(system: string): IdempotencyStore;
}

const NOTE = 'idempotency';
const HEADER = 'idempotency-key';
/** Visible ASCII; quotes of a structured field are part of the key. */
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;
const BAD_KEY = Object.freeze(deny('bad_request', { message: 'Idempotency-Key must be one value of 1 to 255 visible characters' }));
const MISSING = Object.freeze(deny('bad_request', { message: 'Idempotency-Key is required' }));
const NOBODY = Object.freeze(deny('token_missing'));
const AWAY = Object.freeze(deny('undecided', { retryAfter: 5 }));
const RUNNING = Object.freeze(
  deny('conflict', { message: 'A request with this Idempotency-Key has not been answered yet', retryAfter: 1 }),
);
const MISMATCH = Object.freeze(deny('unprocessable', { message: 'This Idempotency-Key was used with another body' }));
/** The service never got the request. */
const NEVER_ASKED = new Set(['refused', 'unresolved', 'no-target']);
/**
 * A client may send its repeat before the end of the first request, which it has seen, is known everywhere: other processes tell it. Who
 * finds the key taken asks once more after this time.
 */
const RECHECK_MS = 25;
/** When what a store must learn is told again; by then Redis is back, or the claim stands until it ends. */
const AGAIN_MS = [200, 1000, 5000, 15_000];
/** Bytes that wait for that at most; what does not fit is not told again. */
const WAITING_MAX_BYTES = 16 * 1024 * 1024;
const WAITING_BYTES = 1024;

/** What this request holds. */
interface Claim {
  readonly store: IdempotencyStore;
  readonly key: string;
  readonly owner: string;
}

/** What the policy will ask facts for. */
export function needs(config: Config): Needs {
  return { headers: [HEADER], body: config.max_body_bytes, answer: config.max_answer_bytes, outcome: 'end' };
}

class Idempotency implements PolicyInstance {
  private readonly methods: ReadonlySet<string>;
  private readonly patterns: readonly PathPattern[];
  private readonly keepMs: number;
  /** Bytes of what waits to be told again. */
  private waiting = 0;

  constructor(
    private readonly config: Config,
    private readonly effects: IdempotencyEffects,
  ) {
    this.methods = new Set(config.methods);
    this.patterns = config.paths.map((path) => new PathPattern(path));
    this.keepMs = config.keep_seconds * 1000;
  }

  decide(facts: Facts, context: RequestContext): MaybePromise<Decision> {
    if (!this.isAbout(facts)) return PASS;
    const lines = facts.headerValues(HEADER);
    if (lines.length === 0) return this.config.required ? MISSING : PASS;
    const [key] = lines;
    if (lines.length > 1 || !KEY.test(key!)) return BAD_KEY;
    // Without a caller there is nobody whose key it is: two strangers must not get each other's answers.
    if (context.identity === null) return NOBODY;
    return this.claim(key!, context.identity.subject, facts, context);
  }

  settle(_facts: Facts, context: RequestContext, verdict: Decision): undefined {
    if (verdict.kind !== 'pass') this.release(this.taken(context));
  }

  outcome(_facts: Facts, context: RequestContext, outcome: Outcome): void {
    const claim = this.taken(context);
    if (!claim) return;
    const { source, status, answer, failure, upstreamMs } = outcome;
    if (upstreamMs === null || (failure !== null && NEVER_ASKED.has(failure))) return this.release(claim);
    // Lost, or too large to keep: nobody may do it a second time, so the key stays taken.
    if (source !== 'service' || !answer?.body) return;
    const first: FirstAnswer = { status, headers: keptHeaders(answer.headers), body: answer.body };
    const weight = WAITING_BYTES + first.body.length;
    this.surely('a first answer could not be kept', weight, () => claim.store.complete(claim.key, claim.owner, first, this.keepMs));
  }

  private isAbout(facts: Facts): boolean {
    if (!this.methods.has(facts.method)) return false;
    if (this.patterns.length === 0) return true;
    const segments = splitPath(facts.path);
    return this.patterns.some((pattern) => pattern.matches(segments));
  }

  private async claim(key: string, user: string, facts: Facts, context: RequestContext): Promise<Decision> {
    const body = facts.hasBody ? await facts.body(this.config.max_body_bytes) : new Uint8Array();
    const system = this.config.system ?? facts.system;
    // With and without a slash at its end a path is the same.
    const scope = JSON.stringify([system, user, facts.method, splitPath(facts.path), key]);
    const store = this.effects.storeOf(system);
    const claim: Claim = { store, key: sha256(scope), owner: facts.requestId };
    const ask = (): Promise<IdempotencyClaim> => store.claim(claim.key, claim.owner, sha256(body), this.keepMs);
    let said: IdempotencyClaim;
    try {
      said = await ask();
      if (said.state === 'running') {
        await new Promise<void>((resolve) => void this.effects.after(RECHECK_MS, resolve));
        said = await ask();
      }
    } catch (error) {
      this.effects.log('error', 'no idempotency store: a request with a key was refused', { error: String(error) });
      // The claim may have come there all the same.
      this.release(claim);
      return AWAY;
    }
    if (said.state === 'new') context.note(NOTE, claim);
    return decisionOf(said);
  }

  private taken(context: RequestContext): Claim | undefined {
    const claim = context.recall(NOTE) as Claim | undefined;
    context.forget(NOTE);
    return claim;
  }

  /** It was never carried out: the key may be used again. */
  private release(claim: Claim | undefined): void {
    if (claim) this.surely('an idempotency key could not be released', WAITING_BYTES, () => claim.store.release(claim.key, claim.owner));
  }

  /** Tells the store, again when it was away. */
  private surely(failure: string, weight: number, tell: () => Promise<void>, attempt = 0): void {
    tell().catch((error) => {
      const delay = AGAIN_MS[attempt];
      if (delay === undefined || this.waiting + weight > WAITING_MAX_BYTES) {
        this.effects.log('error', failure, { error: String(error) });
        return;
      }
      this.waiting += weight;
      this.effects.after(delay, () => {
        this.waiting -= weight;
        this.surely(failure, weight, tell, attempt + 1);
      });
    });
  }
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('base64url');

function decisionOf(said: IdempotencyClaim): Decision {
  switch (said.state) {
    case 'new':
      return PASS;
    case 'running':
      return RUNNING;
    case 'mismatch':
      return MISMATCH;
    case 'done': {
      const { status, headers, body } = said.answer;
      return { kind: 'answer', status, headers: [...headers, ['Idempotency-Replayed', 'true']], body };
    }
  }
}

/** The policy over its store. */
export function create(config: Config, effects: IdempotencyEffects): PolicyInstance {
  return new Idempotency(config, effects);
}

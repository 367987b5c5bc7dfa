/** Which windows a request is counted in, and for whom. */
import { type Facts, type LimitAsk, type RequestContext, splitPath } from '@gatehouse/policy';
import type { Denials } from './denials.js';
import type { BodyFields } from './parts.js';
import type { Window } from './window.js';

/** What is known of who sent a request. `unknown`: it carries a credential that was never seen before. */
export type Who = 'identified' | 'anonymous' | 'unknown';

/** A refusal that is remembered. */
export interface Remembered {
  readonly window: Window;
  readonly leftMs: number;
}

/** The windows of one request, and what the store is asked for each. */
export interface Plan {
  readonly windows: Window[];
  /** One for each window; of cost 0 where it is not yet known whether it counts. */
  readonly asks: LimitAsk[];
  /** Bits of the windows. */
  set: number;
  remembered: Remembered | null;
}

const NO_SEGMENTS: readonly string[] = [];

/** Finds the windows that are about a request. */
export class Planner {
  private readonly byPath: boolean;

  /** @param early whether it stands before authentication */
  constructor(
    private readonly windows: readonly Window[],
    private readonly early: boolean,
  ) {
    this.byPath = windows.some((window) => window.byPath);
  }

  /** Whether some window that is about this request counts by its body. */
  wantsBody(facts: Facts, { identity }: RequestContext): boolean {
    if (!facts.hasBody) return false;
    const method = facts.method === 'HEAD' ? 'GET' : facts.method;
    const segments = this.byPath ? splitPath(facts.path) : NO_SEGMENTS;
    return this.windows.some((window) => window.needsBody && window.fits(method, segments, identity));
  }

  /** @param local counts in this node's part of the windows */
  plan(facts: Facts, context: RequestContext, body: BodyFields, denials: Denials, local: boolean, now: number): Plan {
    const { identity } = context;
    const method = facts.method === 'HEAD' ? 'GET' : facts.method;
    const segments = this.byPath ? splitPath(facts.path) : NO_SEGMENTS;
    const plan: Plan = { windows: [], asks: [], set: 0, remembered: null };
    let who: Who | null = null;
    let groups: string[] | null = null;
    for (const window of this.windows) {
      if (!window.fits(method, segments, identity)) continue;
      let cost: 0 | 1 = 1;
      if (window.count !== 'always') {
        who ??= this.whoIs(facts, context, now);
        if (who === 'unknown' && window.count === 'anonymous') cost = 0;
        else if (who !== window.count) continue;
      }
      if (window.group !== null) {
        if (groups?.includes(window.group)) continue;
        groups = [...(groups ?? []), window.group];
      }
      this.add(plan, window, local, window.subject(facts, identity, body), cost, denials, now);
    }
    return plan;
  }

  private add(plan: Plan, window: Window, local: boolean, subject: string, cost: 0 | 1, denials: Denials, now: number): void {
    const counted = local ? window.local : window.shared;
    plan.windows.push(window);
    plan.asks.push({ window: counted, subject, cost });
    plan.set |= window.bit;
    const leftMs = denials.remaining(counted.id + subject, now);
    if (leftMs > (plan.remembered?.leftMs ?? 0)) plan.remembered = { window, leftMs };
  }

  private whoIs(facts: Facts, context: RequestContext, now: number): Who {
    if (context.identity !== null) return 'identified';
    if (!this.early || !context.mayBeIdentified(facts)) return 'anonymous';
    return context.recognised(facts, now) ? 'identified' : 'unknown';
  }
}

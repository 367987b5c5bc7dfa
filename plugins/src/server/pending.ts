/** Requests whose outcome some policy wants to know, until it comes. */
import type { Facts, RequestContext } from '@gatehouse/policy';
import type { LaneChain } from './lane-chain.js';

export interface Pending {
  readonly chain: LaneChain;
  readonly facts: Facts;
  readonly context: RequestContext;
  readonly since: number;
}

/** Beyond these the oldest are given up: a request that nobody tells the end of must not stay for ever. */
const COUNT_MAX = 50_000;
const AGE_MAX_MS = 15 * 60_000;

export class PendingRequests {
  private readonly byId = new Map<string, Pending>();
  /** How many were given up. */
  lost = 0;

  get size(): number {
    return this.byId.size;
  }

  add(pending: Pending): void {
    if (this.byId.size >= COUNT_MAX) this.dropOldest();
    this.byId.set(pending.facts.requestId, pending);
  }

  get(requestId: string): Pending | undefined {
    return this.byId.get(requestId);
  }

  remove(requestId: string): void {
    this.byId.delete(requestId);
  }

  /** Gives up those that are too old. @param now Unix milliseconds */
  sweep(now: number): void {
    for (const pending of this.byId.values()) {
      if (now - pending.since < AGE_MAX_MS) return;
      this.dropOldest();
    }
  }

  private dropOldest(): void {
    const [oldest] = this.byId.keys();
    if (oldest !== undefined && this.byId.delete(oldest)) this.lost++;
  }
}

/** First answers under idempotency keys. In process or on Redis; one conformance suite for both. */
import type { HeaderPairs } from './decision.js';

/** An answer as it is given again. */
export interface FirstAnswer {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
}

export type IdempotencyClaim =
  /** This request holds the key now. */
  | { readonly state: 'new' }
  /** Another request holds it, and nobody knows yet (or ever) what became of it. */
  | { readonly state: 'running' }
  /** The key was used for something else. */
  | { readonly state: 'mismatch' }
  | { readonly state: 'done'; readonly answer: FirstAnswer };

/** Rejects, and never hangs, when its backend is away. */
export interface IdempotencyStore {
  /**
   * Claims a key, atomically over all nodes.
   * @param key any text of at most 512 characters
   * @param owner the request: it may claim again what it holds
   * @param fingerprint of what is asked, at most 64 characters
   * @param ttlMs how long the claim stands when nobody completes or releases it
   */
  claim(key: string, owner: string, fingerprint: string, ttlMs: number): Promise<IdempotencyClaim>;
  /** Keeps the answer for `ttlMs`. Nothing happens when another request holds the key. */
  complete(key: string, owner: string, answer: FirstAnswer, ttlMs: number): Promise<void>;
  /** The request was never carried out: the key is free again. Nothing happens when another holds it, or when it is complete. */
  release(key: string, owner: string): Promise<void>;
}

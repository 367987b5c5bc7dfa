/**
 * Which refresh tokens are good, being spent, or spent: what makes many refreshes of one token one call to the provider. In process,
 * and on Redis where replicas share; one conformance suite for both. Tokens are named by digests.
 */

/** Whose a refresh token is. */
export interface TokenNote {
  readonly session: string;
  readonly userId: string;
  /** When the sign-in was that it comes from (Unix ms). */
  readonly since: number;
}

/**
 * What may be done with a token. `mine`: the caller holds the lease and asks the provider; `busy`: another does; `kept`: the outcome of
 * the last call; `spent`: it was used, and its grace time is over.
 */
export type RefreshState =
  | { readonly state: 'mine'; readonly note: TokenNote | null }
  | { readonly state: 'busy' }
  | { readonly state: 'kept'; readonly outcome: string }
  | { readonly state: 'spent'; readonly note: TokenNote };

/** The outcome of a call, to be kept. Times in milliseconds. */
export interface RefreshOutcome {
  /** Sealed. */
  readonly outcome: string;
  readonly outcomeMs: number;
  /** The token is spent, and was of this session; null: it may be used again when the outcome is forgotten. */
  readonly spent: TokenNote | null;
  /** The token that replaces it. */
  readonly successor: string | null;
  /** How long tokens are remembered. */
  readonly noteMs: number;
}

export interface RefreshStore {
  /** Notes a token that was issued. */
  note(token: string, note: TokenNote, ms: number): Promise<void>;
  /**
   * Looks at a token, and takes its lease when nobody has it, atomically.
   * @param owner who asks; unique
   */
  begin(token: string, owner: string, leaseMs: number): Promise<RefreshState>;
  /** Makes the lease last; false when it is another's by now. */
  renew(token: string, owner: string, leaseMs: number): Promise<boolean>;
  /** Keeps the outcome, and gives the lease back. An outcome that spends a token is kept even when the lease was lost. */
  complete(token: string, owner: string, outcome: RefreshOutcome): Promise<void>;
  /** Gives the lease back with no outcome. */
  release(token: string, owner: string): Promise<void>;
}

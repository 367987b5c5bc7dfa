/** Sessions of users, as long as they live. In process, and on Redis where replicas share; one conformance suite for both. */

/** A session. Times in Unix milliseconds. */
export interface SessionRecord {
  /** The provider's `sid`; where it names none, `user:` and the user's id. */
  readonly id: string;
  readonly userId: string;
  readonly email: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  /** What the browser or app calls itself. */
  readonly device: string;
  /** When it began here: the sign-in. */
  readonly since: number;
  readonly lastSeen: number;
  /** Issue of the newest access token, and the latest end of any. */
  readonly issuedAt: number;
  readonly accessUntil: number;
  /** Refresh token and ID token, sealed. */
  readonly sealed: string;
}

/** Whether a session was taken up, and which of its user's are beyond the bound: oldest first. */
export interface PutOutcome {
  readonly taken: boolean;
  readonly beyond: readonly SessionRecord[];
}

export interface SessionStore {
  /**
   * Adds a session, or takes it up again (the same `sid` after another sign-in). Not when it was ended at or after the issue of its
   * token: that token is refused everywhere already.
   * @param limit sessions of one user
   * @param ttlMs until it is forgotten unless it is updated
   */
  put(record: SessionRecord, limit: number, ttlMs: number): Promise<PutOutcome>;
  /** Replaces a session that is there; false when there is none. */
  update(record: SessionRecord, ttlMs: number): Promise<boolean>;
  get(id: string): Promise<SessionRecord | null>;
  /** Newest first. */
  list(userId: string, limit: number): Promise<readonly SessionRecord[]>;
  /**
   * Ends a session.
   * @param at Unix milliseconds
   * @param keepMs how long it is remembered that it ended
   * @returns the session when it was there; `first` is false when it was ended before and nothing was there now
   */
  end(id: string, at: number, keepMs: number): Promise<{ readonly record: SessionRecord | null; readonly first: boolean }>;
  /** When a session was ended last; null when it was not. */
  endedAt(id: string): Promise<number | null>;
}

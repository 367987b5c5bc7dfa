/**
 * The stores behind policies that outlive a request and may be shared by several nodes. Each has an implementation in
 * process and one on Redis, and one conformance suite for both. All reject (never hang) when their backend is away.
 */

/** Remembers that something was used once: a webhook's id, a signed request. */
export interface ReplayStore {
  /**
   * Claims an id, atomically.
   * @param key any text of at most 512 characters; starts with the system and the kind of signature
   * @param owner the request that claims: it may claim again what it holds already
   * @param ttlMs how long a claim is remembered when nobody confirms it
   * @returns `new` when this request holds it now, `pending` when another does, `done` when it was confirmed
   */
  claim(key: string, owner: string, ttlMs: number): Promise<'new' | 'pending' | 'done'>;
  /** The use succeeded: `done` from now on, for `ttlMs`. Nothing happens when another request holds it. */
  confirm(key: string, owner: string, ttlMs: number): Promise<void>;
  /** The use failed: the id may be claimed again. Nothing happens when another request holds it. */
  release(key: string, owner: string): Promise<void>;
}

/** What was withdrawn before its time. */
export interface Revocation {
  readonly system: string;
  readonly kind: 'session' | 'token' | 'user';
  /** `sid`, `jti` or the user's id. */
  readonly id: string;
  /**
   * Unix milliseconds: of a user or a session, tokens issued (`iat`) up to then are refused; a token at once. A provider gives a session
   * its `sid` again when its user comes back to the same browser: what is issued after the end is good.
   */
  readonly since: number;
  /** Unix milliseconds after which no token can live that this is about. */
  readonly until: number;
}

/** A feed of revocations that every node follows (on Redis: a stream, read again on reconnect and before the first decision). */
export interface RevocationFeed {
  /**
   * Starts following. `apply` gets each revocation, old ones first, some perhaps twice.
   * `heard` is called when the feed is known to be complete up to a moment (Unix ms): at first, and at least every 10 s.
   */
  follow(apply: (revocation: Revocation) => void, heard: (at: number) => void): { close(): void };
  /** Adds one; resolves when the feed has it. */
  publish(revocation: Revocation): Promise<void>;
}

/** An API key as it is kept: never the secret, only a keyed hash of it. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly system: string;
  /** HMAC-SHA-256 of the secret by the pepper, hex. */
  readonly hash: string;
  /** After a rotation: the secret before, and until when it is good (Unix ms). */
  readonly previous: { readonly hash: string; readonly until: number } | null;
  readonly name: string;
  /** Whom it acts for. */
  readonly owner: string;
  readonly scopes: readonly string[];
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Null = no end. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly lastUsedAt: number | null;
}

/** Keys that a system may have. */
export const API_KEYS_MAX = 10_000;
/** How long a key that was revoked or ended is still shown. */
export const API_KEY_ENDED_KEPT_MS = 90 * 86_400_000;

/** When a record may be forgotten (Unix ms); null = not while it is good. */
export function apiKeyKeptUntil({ revokedAt, expiresAt }: Pick<ApiKeyRecord, 'revokedAt' | 'expiresAt'>): number | null {
  const ends = [revokedAt, expiresAt].filter((at) => at !== null);
  return ends.length === 0 ? null : Math.min(...ends) + API_KEY_ENDED_KEPT_MS;
}

/** The system has as many keys as it may have. */
export class ApiKeyStoreFullError extends Error {
  readonly code = 'API_KEY_STORE_FULL';
  constructor() {
    super('the store of API keys is full');
    this.name = 'ApiKeyStoreFullError';
  }
}

export interface ApiKeyStore {
  get(system: string, id: string): Promise<ApiKeyRecord | null>;
  /**
   * Adds or replaces; never sets the last use back.
   * @param over replaces this record alone: one with its hash that was not revoked since
   * @returns false when another stands there by now
   * @throws ApiKeyStoreFullError
   */
  put(record: ApiKeyRecord, over?: ApiKeyRecord): Promise<boolean>;
  /**
   * Newest first, at most `limit`; keys that ended long ago are forgotten.
   * @param after the id that the page before ended with
   */
  list(system: string, limit: number, after?: string): Promise<readonly ApiKeyRecord[]>;
  /** Notes a use; never makes a key that is gone. Called at most once a minute per key. */
  touch(system: string, id: string, at: number): Promise<void>;
  /** Calls back when a key was changed or removed on any node, so that a cache drops it; `null` = drop all. */
  onChange(dropped: (system: string | null, id: string | null) => void): { close(): void };
}

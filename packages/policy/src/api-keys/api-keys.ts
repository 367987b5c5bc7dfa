/** API keys `id.secret`: made, rotated, revoked and checked. Only a keyed hash of the secret is ever kept. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ApiKeyRecord, ApiKeyStore } from '../stores.js';

const ID_BYTES = 12;
const SECRET_BYTES = 32;
/** What a presented key may look like; anything else is refused before a store is asked. */
const PRESENTED = /^([A-Za-z0-9_-]{4,64})\.([A-Za-z0-9_-]{20,128})$/;
const NAME_MAX = 200;
const SCOPES_MAX = 100;
/** Longest that the secret before a rotation may stay good: 30 days. */
export const OVERLAP_MAX_MS = 30 * 86_400_000;

/** There is no such key, or it was revoked. */
export class ApiKeyNotFoundError extends Error {
  readonly code = 'API_KEY_NOT_FOUND';
  constructor() {
    super('there is no such key');
    this.name = 'ApiKeyNotFoundError';
  }
}

/** Somebody else changed the key at the same moment. */
export class ApiKeyChangedError extends Error {
  readonly code = 'API_KEY_CHANGED';
  constructor() {
    super('the key was changed meanwhile');
    this.name = 'ApiKeyChangedError';
  }
}

/** What a new key is to be. */
export interface NewApiKey {
  readonly system: string;
  /** For people. */
  readonly name: string;
  /** Whom it acts for. */
  readonly owner: string;
  readonly scopes: readonly string[];
  /** Unix milliseconds; null = no end. */
  readonly expiresAt: number | null;
}

/** A key as it is shown once, and its record. */
export interface IssuedApiKey {
  /** `id.secret`; can't be had again. */
  readonly key: string;
  readonly record: ApiKeyRecord;
}

export interface ApiKeyTools {
  readonly store: ApiKeyStore;
  /** Secrets of the keyed hash; the first makes new hashes, the others are of before a rotation. At least one. */
  readonly peppers: readonly string[];
  /** Unix milliseconds. */
  now(): number;
  randomBytes(length: number): Uint8Array;
}

/** The parts of a presented key; null when it can be none. */
export function parseApiKey(presented: string): { id: string; secret: string } | null {
  const match = presented.length > 256 ? null : PRESENTED.exec(presented);
  return match ? { id: match[1]!, secret: match[2]! } : null;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** The hash binds the secret to its key and system: a record copied elsewhere opens nothing. */
function hashOf(pepper: string, system: string, id: string, secret: string): Buffer {
  return createHmac('sha256', pepper).update(`${system}\0${id}\0${secret}`).digest();
}

function fits(record: ApiKeyRecord, hash: string, secret: string, peppers: readonly string[]): boolean {
  const kept = Buffer.from(hash, 'hex');
  return peppers.some((pepper) => {
    const made = hashOf(pepper, record.system, record.id, secret);
    return made.length === kept.length && timingSafeEqual(made, kept);
  });
}

/** Whether a secret opens a key now: not revoked, not ended, and of now or of before a rotation that still overlaps. */
export function apiKeyOpens(record: ApiKeyRecord, secret: string, peppers: readonly string[], now: number): boolean {
  if (record.revokedAt !== null || (record.expiresAt !== null && record.expiresAt <= now)) return false;
  if (fits(record, record.hash, secret, peppers)) return true;
  const { previous } = record;
  return previous !== null && now < previous.until && fits(record, previous.hash, secret, peppers);
}

/** Managing keys; the check on the request path is `apiKeyOpens`. */
export class ApiKeys {
  constructor(private readonly tools: ApiKeyTools) {}

  /** @throws RangeError for a name, owner or scopes that are empty or too long, and for an end that is past */
  async create(wanted: NewApiKey): Promise<IssuedApiKey> {
    const now = this.tools.now();
    check(wanted, now);
    const id = text(this.tools.randomBytes(ID_BYTES));
    const { secret, hash } = this.draw(wanted.system, id);
    const { system, name, owner, scopes, expiresAt } = wanted;
    const times = { createdAt: now, expiresAt, revokedAt: null, lastUsedAt: null };
    const record: ApiKeyRecord = { id, system, hash, previous: null, name, owner, scopes: [...scopes], ...times };
    await this.tools.store.put(record);
    return { key: `${id}.${secret}`, record };
  }

  /**
   * Gives a key a new secret; the old one stays good for `overlapMs`.
   * @throws ApiKeyNotFoundError, ApiKeyChangedError, RangeError
   */
  async rotate(system: string, id: string, overlapMs: number): Promise<IssuedApiKey> {
    if (!(overlapMs >= 0 && overlapMs <= OVERLAP_MAX_MS)) throw new RangeError('the overlap is out of range');
    const known = await this.get(system, id);
    const now = this.tools.now();
    if (known.revokedAt !== null || (known.expiresAt !== null && known.expiresAt <= now)) throw new ApiKeyNotFoundError();
    const { secret, hash } = this.draw(system, id);
    const previous = overlapMs === 0 ? null : { hash: known.hash, until: now + overlapMs };
    const record = { ...known, hash, previous };
    // A key that was revoked at this moment stays so.
    if (!(await this.tools.store.put(record, known))) throw new ApiKeyChangedError();
    return { key: `${id}.${secret}`, record };
  }

  /**
   * Ends a key and what it replaced. One that is revoked already is announced again: the first word may have got lost.
   * @throws ApiKeyNotFoundError
   */
  async revoke(system: string, id: string): Promise<ApiKeyRecord> {
    const known = await this.get(system, id);
    const record = { ...known, previous: null, revokedAt: known.revokedAt ?? this.tools.now() };
    // Over whatever stands there: a rotation at this moment revives nothing, since it replaces only what is not revoked.
    await this.tools.store.put(record);
    return record;
  }

  /** @throws ApiKeyNotFoundError */
  async get(system: string, id: string): Promise<ApiKeyRecord> {
    const known = await this.tools.store.get(system, id);
    if (!known) throw new ApiKeyNotFoundError();
    return known;
  }

  /**
   * Newest first, revoked and ended ones as well.
   * @param after the id that the page before ended with
   */
  list(system: string, limit: number, after?: string): Promise<readonly ApiKeyRecord[]> {
    return this.tools.store.list(system, limit, after);
  }

  private draw(system: string, id: string): { secret: string; hash: string } {
    const secret = text(this.tools.randomBytes(SECRET_BYTES));
    return { secret, hash: hashOf(this.tools.peppers[0]!, system, id, secret).toString('hex') };
  }
}

function check({ system, name, owner, scopes, expiresAt }: NewApiKey, now: number): void {
  const word = (value: string): boolean => value !== '' && value.length <= NAME_MAX;
  if (![system, name, owner, ...scopes].every(word)) throw new RangeError('a name, owner or scope is empty or too long');
  if (scopes.length > SCOPES_MAX) throw new RangeError('there are too many scopes');
  if (expiresAt !== null && !(expiresAt > now)) throw new RangeError('the end is past');
}

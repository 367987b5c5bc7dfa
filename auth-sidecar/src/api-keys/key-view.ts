/** How clients ask for keys, and what they see of them: never a hash, a secret only once. */
import { type ApiKeyRecord, OVERLAP_MAX_MS } from '@gatehouse/policy';
import { z } from 'zod';

/** Printable text for people. */
const name = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{C}]+$/u, 'must be printable');
/** Whom a key acts for: services get it as the user's id. */
const owner = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$/, 'letters, digits and . _ : @ - only, at most 100');
const scope = z.string().regex(/^[a-z][a-z0-9._:*-]{0,99}$/, 'such as notifications:send');

/** Body of a creation. */
export const newKey = z.strictObject({
  name,
  owner,
  scopes: z.array(scope).min(1).max(100),
  /** When it ends; null or left out: when it is revoked. */
  expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
});

const DAY_SECONDS = 86_400;

/** Body of a rotation. */
export const rotation = z.strictObject({
  overlapSeconds: z
    .int()
    .min(0)
    .max(OVERLAP_MAX_MS / 1000)
    .default(DAY_SECONDS),
});

/** Query of a list. */
export const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  after: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'is the `next` of the page before')
    .optional(),
});

/** Id of a key, as a path names it. */
export const keyId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

function statusOf({ revokedAt, expiresAt }: ApiKeyRecord, now: number): 'active' | 'revoked' | 'expired' {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'active';
}

/**
 * A key as clients see it.
 * @param now Unix milliseconds
 */
export function keyView(record: ApiKeyRecord, now: number): object {
  const { id, owner: of, scopes, previous } = record;
  return {
    id,
    name: record.name,
    owner: of,
    scopes,
    status: statusOf(record, now),
    createdAt: iso(record.createdAt),
    expiresAt: iso(record.expiresAt),
    revokedAt: iso(record.revokedAt),
    lastUsedAt: iso(record.lastUsedAt),
    /** Until when the secret before a rotation is good. */
    previousUntil: previous !== null && previous.until > now ? iso(previous.until) : null,
  };
}

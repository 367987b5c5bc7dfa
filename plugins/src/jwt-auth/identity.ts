/** Who a token is about. */
import type { Identity } from '@gatehouse/policy';
import { type Claims, claimAt } from './claims.js';
import type { Config } from './schema.js';

const TEXT_MAX = 256;
const LIST_MAX = 1000;

/** Text, or a whole number as text; null for anything else, and for what is empty or too long. */
function text(value: unknown): string | null {
  const found = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  return typeof found === 'string' && found !== '' && found.length <= TEXT_MAX ? found : null;
}

/** A list of words out of a list or one text; entries that are no text are left out, never guessed at. */
function words(value: unknown, separator: string | null): readonly string[] {
  const list =
    typeof value === 'string' && separator !== null ? value.split(separator) : Array.isArray(value) ? value.slice(0, LIST_MAX) : [value];
  return Object.freeze(list.filter((item): item is string => typeof item === 'string' && item !== '' && item.length <= TEXT_MAX));
}

/** Null when the token does not say whom it is about. */
export function identityOf(claims: Claims, names: Config['claims'], expiresAt: number): Identity | null {
  const subject = text(claimAt(claims, names.subject));
  if (subject === null) return null;
  return Object.freeze({
    via: 'jwt',
    subject,
    email: text(claimAt(claims, names.email)),
    roles: words(claimAt(claims, names.roles), null),
    permissions: words(claimAt(claims, names.permissions), null),
    scopes: words(claimAt(claims, names.scopes), ' '),
    plan: text(claimAt(claims, names.plan)),
    claims,
    tokenId: text(claimAt(claims, names.token_id)),
    sessionId: text(claimAt(claims, names.session)),
    expiresAt,
  });
}

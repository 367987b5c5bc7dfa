/** Who a request is from, as an identity policy found out, and how later policies learn of it. */
import type { ErrorCode } from './errors/codes.js';
import type { Facts } from './facts.js';

/** A verified caller. Frozen: one is shared by all requests that carry the same token. */
export interface Identity {
  readonly via: 'jwt' | 'api-key';
  /** The user's id, or the owner of the key. Never empty. */
  readonly subject: string;
  readonly email: string | null;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly scopes: readonly string[];
  readonly plan: string | null;
  /** Verified claims as the token has them; for a key, what its record says. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** `jti`, or the key's id. */
  readonly tokenId: string | null;
  /** `sid`. */
  readonly sessionId: string | null;
  /** Unix milliseconds; null = no end. */
  readonly expiresAt: number | null;
}

/** Something that can tell from memory alone that a request's credential is good (a verified token seen before). */
export interface Recogniser {
  recognise(facts: Facts, now: number): boolean;
  /** Whether the request carries a credential of this kind at all, good or bad; left out: it may. */
  presents?(facts: Facts): boolean;
}

/** What the policies of one request hand on to each other. One per request; lives until its outcome was told. */
export class RequestContext {
  /** Set by the first identity policy that succeeds. */
  identity: Identity | null = null;
  /** Why a credential that the request brought was not taken, where the route is optional: the reason of a later 401. */
  credentialFault: ErrorCode | null = null;
  /** Set by the chain: its identity policies. */
  recognisers: readonly Recogniser[] = NONE;
  private notes: Map<string, unknown> | null = null;

  /** Keeps something of a policy's own until the outcome; `key` starts with the policy's name. */
  note(key: string, value: unknown): void {
    this.notes ??= new Map();
    this.notes.set(key, value);
  }

  /** What was noted, or undefined. */
  recall(key: string): unknown {
    return this.notes?.get(key);
  }

  forget(key: string): void {
    this.notes?.delete(key);
  }

  /**
   * Whether the request is from someone already known, without checking a signature: for limits that stand before
   * authentication and must not count (or refuse) who is signed in.
   */
  recognised(facts: Facts, now: number): boolean {
    if (this.identity !== null) return true;
    for (const recogniser of this.recognisers) if (recogniser.recognise(facts, now)) return true;
    return false;
  }

  /** Whether some later policy might yet find out who this is. Without one, or without a credential, nobody will. */
  mayBeIdentified(facts: Facts): boolean {
    for (const recogniser of this.recognisers) if (recogniser.presents?.(facts) ?? true) return true;
    return false;
  }
}

const NONE: readonly Recogniser[] = [];

/** The headers that tell a service who is asking. Only the gateway may set them. */
export const identityHeaders = {
  subject: 'X-User-Id',
  email: 'X-User-Email',
  roles: 'X-User-Roles',
  permissions: 'X-User-Permissions',
  plan: 'X-User-Plan',
} as const;

/** The same in lower case: what a pass removes before it sets them. */
export const identityHeaderKeys: readonly string[] = Object.freeze(Object.values(identityHeaders).map((name) => name.toLowerCase()));

const reserved = new Set(identityHeaderKeys);

/** Whether a client's header is one of these in any spelling: case, `_` for `-` (CGI and WSGI read both alike). */
export function isIdentityHeader(name: string): boolean {
  return reserved.has(name.toLowerCase().replaceAll('_', '-'));
}

const UNSAFE = /[^\x21-\x7e ]|,/;

/** A claim as header text: what is not visible ASCII (or would split a list) is percent-encoded as UTF-8. */
function headerText(value: string): string {
  return UNSAFE.test(value) ? encodeURIComponent(value.toWellFormed()).replaceAll('%20', ' ').replaceAll('%40', '@') : value;
}

const list = (values: readonly string[]): string => values.map(headerText).join(',');

/** The header lines that carry an identity to the service, as far as it has the values. Made once per identity. */
export function identityHeaderPairs(identity: Identity): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [[identityHeaders.subject, headerText(identity.subject)]];
  if (identity.email !== null) pairs.push([identityHeaders.email, headerText(identity.email)]);
  if (identity.roles.length > 0) pairs.push([identityHeaders.roles, list(identity.roles)]);
  if (identity.permissions.length > 0) pairs.push([identityHeaders.permissions, list(identity.permissions)]);
  if (identity.plan !== null) pairs.push([identityHeaders.plan, headerText(identity.plan)]);
  return pairs;
}

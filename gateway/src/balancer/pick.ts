import type { Peer } from './peer.js';

/** Facts of a request that a hash may be made of; each is asked for only when an upstream hashes on it. */
export interface HashInputs {
  /** The consumer's id, else the credential's; null when nobody is signed in. */
  consumerId(): string | null;
  clientIp(): string;
  /** Several lines of one name joined with `, `. The name is given in lower case. */
  header(name: string): string | undefined;
  /** Names compare without case, as in nginx. */
  cookie(name: string): string | undefined;
  /** Normalised. */
  path(): string;
  /** Decoded, several values sorted and joined with a comma: `hashableQueryArg` does it. */
  queryArg(name: string): string | undefined;
  /** A named capture of the route's regex path. */
  uriCapture(name: string): string | undefined;
}

/** What a request hashes to, kept between its tries. */
export interface Hashed {
  /** Unsigned 32 bits. */
  readonly value: number;
  readonly setCookie: string | null;
}

/** One request, as the balancer sees it: the same object for all its tries. */
export interface PickFacts {
  readonly hashInputs: HashInputs;
  /** The balancer's own memory; starts empty. */
  hashed?: Hashed | null | undefined;
}

/** A peer to try. */
export interface Picked {
  readonly peer: Peer;
  /**
   * A whole Set-Cookie value for the answer, when the upstream hashes on a cookie that the client lacks: it replaces a
   * cookie of the same name. Given with the first try only.
   */
  readonly setCookie?: string;
}

/**
 * Why there is no peer: an upstream with nothing that could take requests (no targets, weights of 0, names that don't
 * resolve), a host name that doesn't resolve, or health checks that took out too much.
 */
export type PickError = 'no_targets' | 'name_unresolved' | 'no_healthy';

export interface NotPicked {
  readonly error: PickError;
}

export type PickResult = Picked | NotPicked;

/** What Kong answers when the first try finds no peer. */
export const PICK_ERRORS: Readonly<Record<PickError, { readonly status: 503; readonly message: string }>> = {
  no_targets: { status: 503, message: 'failure to get a peer from the ring-balancer' },
  no_healthy: { status: 503, message: 'failure to get a peer from the ring-balancer' },
  name_unresolved: { status: 503, message: 'name resolution failed' },
};

/** The three failures, made once. */
export const NOT_PICKED: Readonly<Record<PickError, NotPicked>> = {
  no_targets: { error: 'no_targets' },
  no_healthy: { error: 'no_healthy' },
  name_unresolved: { error: 'name_unresolved' },
};

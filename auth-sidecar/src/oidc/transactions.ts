/**
 * A sign-in between /auth/login and /auth/callback. No replica keeps anything of it: `state` carries it, sealed, and a short-lived
 * sealed cookie binds it to the browser that began it. What proves the right to the code (PKCE verifier, nonce) is in the cookie; in
 * `state` as well only where an app began it, which keeps no cookies. docs/decisions tells why.
 */
import { z } from 'zod';
import { Sealer } from '../crypto/sealer.js';
import type { Dependencies } from '../dependencies.js';
import { LOGIN_COOKIE_PREFIX } from '../http/cookies.js';

/** Who began a sign-in: a browser must bring its cookie back. */
export type Beginner = 'browser' | 'app';

export interface Transaction {
  readonly id: string;
  /** Where to return to. */
  readonly returnTo: string;
  readonly beginner: Beginner;
  /** PKCE (RFC 7636 section 4.1). */
  readonly verifier: string;
  readonly nonce: string;
  /** Whether the cookie of the browser that began it was there. */
  readonly bound: boolean;
}

/** A sign-in that was begun. */
export interface Begun extends Transaction {
  readonly state: string;
  readonly cookie: { readonly name: string; readonly value: string };
}

/** Why a callback fits no sign-in. */
export type TransactionFault = 'forged' | 'expired' | 'unbound';

const proof = { v: z.string().max(128), n: z.string().max(128) };
const stateShape = z.object({
  i: z.string().max(64),
  r: z.string().max(2000),
  b: z.enum(['browser', 'app']),
  e: z.number(),
  ...z.object(proof).partial().shape,
});
const cookieShape = z.object({ i: z.string().max(64), e: z.number(), ...proof });

/** Characters of `state` that are looked at. */
const STATE_MAX = 4096;

type Effects = Pick<Dependencies, 'now' | 'random'>;

/** Begins sign-ins and takes them up again, on whatever replica. */
export class Transactions {
  private readonly states: Sealer;
  private readonly cookies: Sealer;

  /** @param ms that a sign-in may take */
  constructor(
    secrets: readonly string[],
    private readonly ms: number,
    private readonly effects: Effects,
  ) {
    this.states = new Sealer(secrets, 'login state');
    this.cookies = new Sealer(secrets, 'login cookie');
  }

  async begin(returnTo: string, beginner: Beginner): Promise<Begun> {
    const id = this.draw(16);
    const verifier = this.draw(32);
    const nonce = this.draw(16);
    const e = this.effects.now() + this.ms;
    const secrets = { v: verifier, n: nonce };
    const state = await this.states.seal({ i: id, r: returnTo, b: beginner, e, ...(beginner === 'app' ? secrets : {}) });
    const cookie = { name: cookieName(id), value: await this.cookies.seal({ i: id, e, ...secrets }) };
    return { id, returnTo, beginner, verifier, nonce, bound: true, state, cookie };
  }

  /**
   * What `state` says, and the cookie with it.
   * @param cookieOf the browser's cookie of a name
   * @param hasOthers whether the client keeps cookies of other sign-ins: then it would have kept this one's too
   * @param needsCookie whether the answer is for a browser, whoever began
   */
  async resume(
    state: string,
    cookieOf: (name: string) => string | null,
    hasOthers: boolean,
    needsCookie: boolean,
  ): Promise<Transaction | TransactionFault> {
    if (state.length > STATE_MAX) return 'forged';
    const read = stateShape.safeParse(await this.states.open(state));
    if (!read.success) return 'forged';
    const { i: id, r: returnTo, b: beginner, e, v, n } = read.data;
    if (this.effects.now() >= e) return 'expired';
    const known = { id, returnTo, beginner };
    const cookie = cookieOf(cookieName(id));
    if (cookie !== null) return this.withCookie(known, cookie);
    if (needsCookie || hasOthers || v === undefined || n === undefined) return 'unbound';
    return { ...known, verifier: v, nonce: n, bound: false };
  }

  private async withCookie(known: Pick<Transaction, 'id' | 'returnTo' | 'beginner'>, cookie: string): Promise<Transaction | 'unbound'> {
    const read = cookieShape.safeParse(await this.cookies.open(cookie));
    if (!read.success || read.data.i !== known.id) return 'unbound';
    return { ...known, verifier: read.data.v, nonce: read.data.n, bound: true };
  }

  private draw(bytes: number): string {
    return Buffer.from(this.effects.random.bytes(bytes)).toString('base64url');
  }
}

/** The id's letters and digits are fit for a cookie's name. */
export function cookieName(id: string): string {
  return `${LOGIN_COOKIE_PREFIX}${id.slice(0, 10)}`;
}

import { createHash } from 'node:crypto';

const HOLDS_MS = 5 * 60_000;
const MAX_WRONG = 5;
const MAX_PHONES = 1000;

interface Pending {
  readonly otp: string;
  readonly expiresAtMs: number;
  wrong: number;
}

/** How a check ended. */
export type OtpVerdict = 'ok' | 'wrong-otp' | 'expired-otp' | 'too-many-attempts';

/** One-time passwords by phone number: six digits, five minutes, used once, five wrong tries at most. */
export class Otps {
  readonly #pending = new Map<string, Pending>();
  #asked = 0;

  /** @param now milliseconds since the epoch. */
  constructor(private readonly now: () => number) {}

  /** Makes a new code, which replaces the one before. The same run of requests always gives the same codes. */
  request(phoneNumber: string): void {
    this.#asked += 1;
    const digest = createHash('sha256').update(`${phoneNumber}:${this.#asked}`).digest();
    const otp = String(digest.readUInt32BE() % 1_000_000).padStart(6, '0');
    this.#pending.delete(phoneNumber);
    if (this.#pending.size >= MAX_PHONES) this.#pending.delete(this.#pending.keys().next().value ?? '');
    this.#pending.set(phoneNumber, { otp, expiresAtMs: this.now() + HOLDS_MS, wrong: 0 });
  }

  /** The code that was sent last, for development; undefined when none waits. */
  peek(phoneNumber: string): { otp: string; expiresAt: string } | undefined {
    const pending = this.#pending.get(phoneNumber);
    return pending && { otp: pending.otp, expiresAt: new Date(pending.expiresAtMs).toISOString() };
  }

  /** Checks a code; a right one is spent. */
  verify(phoneNumber: string, otp: string): OtpVerdict {
    const pending = this.#pending.get(phoneNumber);
    if (pending === undefined) return 'wrong-otp';
    if (this.now() >= pending.expiresAtMs) return 'expired-otp';
    if (pending.wrong >= MAX_WRONG) return 'too-many-attempts';
    if (pending.otp !== otp) {
      pending.wrong += 1;
      return 'wrong-otp';
    }
    this.#pending.delete(phoneNumber);
    return 'ok';
  }
}

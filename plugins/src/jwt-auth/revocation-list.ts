/** What was withdrawn, as this process has heard of it. */
import type { BaseEffects, Revocation, RevocationFeed } from '@gatehouse/policy';
import type { KnownToken, Revocations } from './policy.js';

/** A node that has not heard from the feed for longer refuses tokens that may have been revoked. */
export const SILENCE_MAX_MS = 60_000;
/** Withdrawals of one kind that are kept; beyond that nobody can be sure any more. */
const ENTRIES_MAX = 1_000_000;
/** How often what is past is forgotten. */
const SWEEP_MS = 60_000;

interface Entry {
  readonly since: number;
  readonly until: number;
}

/** Whether a token is from before a withdrawal; one that does not say when it was issued may be. */
function covers(entry: Entry | undefined, issuedAt: number | null): boolean {
  return entry !== undefined && (issuedAt === null || issuedAt <= entry.since);
}

export class RevocationList implements Revocations {
  private readonly entries: Record<Revocation['kind'], Map<string, Entry>> = { session: new Map(), token: new Map(), user: new Map() };
  private heardAt: number | null = null;
  private sweptAt: number;
  private overfull = false;
  private readonly following: { close(): void };
  private announce: () => void = () => undefined;
  private readonly first: Promise<void>;

  constructor(
    feed: RevocationFeed,
    private readonly effects: Pick<BaseEffects, 'now' | 'log'>,
  ) {
    this.sweptAt = effects.now();
    this.first = new Promise((resolve) => {
      this.announce = resolve;
    });
    this.following = feed.follow(
      (revocation) => this.apply(revocation),
      (at) => this.heard(at),
    );
  }

  ready(): Promise<void> | null {
    return this.heardAt === null ? this.first : null;
  }

  check(system: string, { identity, issuedAt }: KnownToken, now: number): 'fine' | 'revoked' | 'unknown' {
    if (this.overfull || this.heardAt === null || now - this.heardAt > SILENCE_MAX_MS) return 'unknown';
    const { session, token, user } = this.entries;
    if (identity.tokenId !== null && token.size > 0 && token.has(`${system} ${identity.tokenId}`)) return 'revoked';
    const ended = identity.sessionId !== null && session.size > 0 ? session.get(`${system} ${identity.sessionId}`) : undefined;
    const withdrawn = user.size > 0 ? user.get(`${system} ${identity.subject}`) : undefined;
    return covers(ended, issuedAt) || covers(withdrawn, issuedAt) ? 'revoked' : 'fine';
  }

  close(): void {
    this.following.close();
  }

  private apply({ system, kind, id, since, until }: Revocation): void {
    const now = this.effects.now();
    if (until <= now) return;
    const entries = this.entries[kind];
    const key = `${system} ${id}`;
    const known = entries.get(key);
    entries.set(key, { since: Math.max(since, known?.since ?? 0), until: Math.max(until, known?.until ?? 0) });
    if (now - this.sweptAt > SWEEP_MS || entries.size > ENTRIES_MAX) this.sweep(now);
  }

  private heard(at: number): void {
    this.heardAt = Math.max(at, this.heardAt ?? 0);
    this.announce();
  }

  private sweep(now: number): void {
    this.sweptAt = now;
    const kinds = Object.values(this.entries);
    for (const entries of kinds) for (const [key, { until }] of entries) if (until <= now) entries.delete(key);
    const full = kinds.some((entries) => entries.size > ENTRIES_MAX);
    if (full && !this.overfull)
      this.effects.log('error', 'too many revocations to keep: revocable tokens are refused', { max: ENTRIES_MAX });
    this.overfull = full;
  }
}

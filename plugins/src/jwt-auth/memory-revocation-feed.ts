import type { Revocation, RevocationFeed, Timers } from '@gatehouse/policy';

const HEARTBEAT_MS = 10_000;
const KEPT_MAX = 10_000;

interface Follower {
  apply(revocation: Revocation): void;
  heard(at: number): void;
}

/** Revocations of this process alone, for a gateway with no Redis. */
export class MemoryRevocationFeed implements RevocationFeed {
  private kept: Revocation[] = [];
  private readonly followers = new Set<Follower>();

  constructor(private readonly effects: Timers & { now(): number }) {}

  follow(apply: (revocation: Revocation) => void, heard: (at: number) => void): { close(): void } {
    const follower = { apply, heard };
    this.followers.add(follower);
    for (const revocation of this.kept) apply(revocation);
    let timer: object | null = null;
    const beat = (): void => {
      heard(this.effects.now());
      timer = this.effects.after(HEARTBEAT_MS, beat);
    };
    beat();
    return {
      close: () => {
        this.followers.delete(follower);
        if (timer) this.effects.cancel(timer);
      },
    };
  }

  /** @throws RangeError when too many that are still good are kept */
  async publish(revocation: Revocation): Promise<void> {
    const now = this.effects.now();
    if (this.kept.length >= KEPT_MAX) this.kept = this.kept.filter((old) => old.until > now);
    if (this.kept.length >= KEPT_MAX) throw new RangeError('too many revocations');
    this.kept.push(revocation);
    for (const follower of this.followers) {
      follower.apply(revocation);
      follower.heard(now);
    }
  }
}

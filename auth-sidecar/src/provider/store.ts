import type { Adapter, AdapterPayload } from 'oidc-provider';

/** More than this of one kind, and the oldest goes: a flood of log-ins must not fill the memory. */
const MOST_OF_A_KIND = 10_000;

interface Entry {
  readonly payload: AdapterPayload;
  /** How often it was used up. */
  uses: number;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

/** What the provider remembers, in this process alone; it survives a change of keys, not a restart. */
export class ProviderStore {
  readonly #kinds = new Map<string, Map<string, Entry>>();

  /** @param refreshReuses how often a refresh token is good beyond its first use */
  constructor(
    private readonly now: () => number = Date.now,
    private readonly refreshReuses = 0,
  ) {}

  /** The part of the store for one kind of thing (`Session`, `RefreshToken`). */
  adapter(kind: string): Adapter {
    const entries = this.#entriesOf(kind);
    const reuses = kind === 'RefreshToken' ? this.refreshReuses : 0;
    const find = (id: string): AdapterPayload | undefined => this.#alive(entries, id);
    return {
      upsert: async (id, payload, expiresIn) => {
        entries.delete(id);
        if (entries.size >= MOST_OF_A_KIND) entries.delete(entries.keys().next().value ?? id);
        entries.set(id, { payload: structuredClone(payload), uses: 0, endsAt: this.now() + (expiresIn || 3600) * 1000 });
      },
      find: async (id) => find(id),
      findByUserCode: async () => undefined,
      findByUid: async (uid) => this.all(kind).find((payload) => payload.uid === uid),
      consume: async (id) => {
        const found = entries.get(id);
        if (found === undefined) return;
        found.uses += 1;
        if (found.uses > reuses) found.payload.consumed = Math.floor(this.now() / 1000);
      },
      destroy: async (id) => void entries.delete(id),
      revokeByGrantId: async (grantId) => this.revoke(kind, grantId),
    };
  }

  /** Everything of a kind that has not expired. */
  all(kind: string): AdapterPayload[] {
    const entries = this.#entriesOf(kind);
    return [...entries.keys()].map((id) => this.#alive(entries, id)).filter((payload) => payload !== undefined);
  }

  /** Forgets what of a kind was issued by a grant. */
  revoke(kind: string, grantId: string): void {
    const entries = this.#entriesOf(kind);
    for (const [id, { payload }] of entries) if (payload.grantId === grantId) entries.delete(id);
  }

  #entriesOf(kind: string): Map<string, Entry> {
    const found = this.#kinds.get(kind) ?? new Map<string, Entry>();
    this.#kinds.set(kind, found);
    return found;
  }

  #alive(entries: Map<string, Entry>, id: string): AdapterPayload | undefined {
    const entry = entries.get(id);
    if (entry === undefined) return undefined;
    if (entry.endsAt > this.now()) return entry.payload;
    entries.delete(id);
    return undefined;
  }
}

import type { BalancerEnvironment } from './environment.js';

export type DnsKind = 'A' | 'AAAA' | 'SRV';

/** One address of a name. */
export interface DnsRecord {
  readonly ip: string;
  /** From an SRV record; 0 when the record has none. */
  readonly port: number;
  /** From an SRV record, at least a share of 1; null otherwise. */
  readonly weight: number | null;
  /** The name in an SRV record; null otherwise. */
  readonly name: string | null;
}

export interface DnsAnswer {
  readonly kind: DnsKind;
  /** At least one. */
  readonly records: readonly DnsRecord[];
  readonly ttlMs: number;
}

/** `DNS_NOT_FOUND`: the name is known not to exist or to have no address; `DNS_FAILED`: nobody could say. */
export class DnsError extends Error {
  readonly code: 'DNS_NOT_FOUND' | 'DNS_FAILED';

  constructor(code: 'DNS_NOT_FOUND' | 'DNS_FAILED', message: string) {
    super(message);
    this.name = 'DnsError';
    this.code = code;
  }
}

export interface Resolver {
  /**
   * Looks a name up, past any cache.
   * @param last the kind of record that answered before, to be asked first; null at the first time
   * @throws DnsError (anything else counts as `DNS_FAILED`)
   */
  resolve(name: string, last: DnsKind | null): Promise<DnsAnswer>;
}

/** How long answers are kept, in milliseconds. Kong's `dns_stale_ttl` and `dns_error_ttl`; its `dns_not_found_ttl` of 30 s is cut to 5. */
const STALE_MS = 3_600_000;
const ERROR_MS = 1000;
const LONGEST_ERROR_MS = 30_000;
const NOT_FOUND_MS = 5000;
const LEAST_TTL_MS = 1000;
const LONGEST_TTL_MS = 86_400_000;
/** A look-up that says nothing for so long has failed; a later one starts afresh. */
const DEADLINE_MS = 8000;
/** Renewals wait up to so much longer than the answer's time, so that many names don't come at once. */
const RENEWAL_SPREAD_MS = 500;
/** As Kong's `dns_cache_size`. */
const MOST_NAMES = 10_000;

/** What is known about one name: the last good answer, how fresh it is, and who wants to hear of changes. */
export class NameEntry {
  readonly name: string;
  /** Null: never resolved, found not to exist, or too old to be used. */
  answer: DnsAnswer | null = null;
  /** Grows with every change of the records. */
  version = 0;
  /** Whether the first look-up is over. */
  settled = false;
  /** The last failure; null while all is well. */
  error: DnsError | null = null;
  /** No look-up is due before, Unix milliseconds. */
  private dueAt = 0;
  private staleUntil = 0;
  private failures = 0;
  private pending: Promise<void> | null = null;
  private timer: unknown = null;
  private giveUp: (() => void) | null = null;
  private readonly watchers = new Set<() => void>();
  private readonly environment: BalancerEnvironment;

  constructor(name: string, environment: BalancerEnvironment) {
    this.name = name;
    this.environment = environment;
  }

  /** Whether somebody wants it kept fresh. */
  get watched(): boolean {
    return this.watchers.size > 0;
  }

  /** Whether the answer's time is over (or the pause after a failure). */
  isDue(now: number): boolean {
    return now >= this.dueAt;
  }

  /** Looks the name up unless that is under way; resolves when the outcome is known, never rejects. */
  refresh(): Promise<void> {
    this.pending ??= this.lookUp().finally(() => {
      this.pending = null;
      this.planRenewal();
    });
    return this.pending;
  }

  /** Keeps the name fresh and calls back after every change of its records, until the returned function is called. */
  watch(onChange: () => void): () => void {
    const watcher = (): void => onChange();
    this.watchers.add(watcher);
    if (this.isDue(this.environment.now())) void this.refresh();
    else this.planRenewal();
    return () => {
      this.watchers.delete(watcher);
      if (!this.watched) this.cancelRenewal();
    };
  }

  close(): void {
    this.watchers.clear();
    this.cancelRenewal();
    this.giveUp?.();
  }

  private async lookUp(): Promise<void> {
    const before = this.version;
    try {
      this.accept(await this.resolveInTime());
    } catch (error) {
      this.fail(error instanceof DnsError ? error : new DnsError('DNS_FAILED', String(error)));
    }
    this.settled = true;
    if (this.version !== before) for (const watcher of [...this.watchers]) watcher();
  }

  private resolveInTime(): Promise<DnsAnswer> {
    const { timers, resolver } = this.environment;
    return new Promise<DnsAnswer>((resolve, reject) => {
      const giveUp = (): void => {
        timers.clearTimeout(late);
        reject(new DnsError('DNS_FAILED', `${this.name}: no answer in time`));
      };
      const late = timers.setTimeout(giveUp, DEADLINE_MS);
      this.giveUp = giveUp;
      const asked = new Promise<DnsAnswer>((settle) => settle(resolver.resolve(this.name, this.answer?.kind ?? null)));
      asked.then(resolve, reject).finally(() => timers.clearTimeout(late));
    });
  }

  private accept(answer: DnsAnswer): void {
    const now = this.environment.now();
    this.dueAt = now + Math.min(Math.max(answer.ttlMs, LEAST_TTL_MS), LONGEST_TTL_MS);
    this.staleUntil = this.dueAt + STALE_MS;
    this.failures = 0;
    this.error = null;
    if (this.answer === null || !sameRecords(this.answer.records, answer.records)) this.version++;
    this.answer = answer;
  }

  /** A name that is gone is gone at once; a resolver that fails leaves the old answer in use for an hour. */
  private fail(error: DnsError): void {
    const now = this.environment.now();
    const pause = error.code === 'DNS_NOT_FOUND' ? NOT_FOUND_MS : Math.min(ERROR_MS * 2 ** Math.min(this.failures, 10), LONGEST_ERROR_MS);
    this.dueAt = now + pause;
    this.failures++;
    this.error = error;
    this.environment.log('warn', `name resolution failed: ${error.message}`, { name: this.name, code: error.code });
    if (this.answer === null || (error.code === 'DNS_FAILED' && now < this.staleUntil)) return;
    this.answer = null;
    this.version++;
  }

  private planRenewal(): void {
    this.cancelRenewal();
    if (!this.watched) return;
    const { timers, now, random } = this.environment;
    const wait = Math.max(this.dueAt - now(), 0) + random() * RENEWAL_SPREAD_MS;
    this.timer = timers.setTimeout(() => void this.refresh(), wait);
  }

  private cancelRenewal(): void {
    if (this.timer !== null) this.environment.timers.clearTimeout(this.timer);
    this.timer = null;
  }
}

function sameRecords(a: readonly DnsRecord[], b: readonly DnsRecord[]): boolean {
  if (a.length !== b.length) return false;
  const known = new Set(a.map(textOf));
  return b.every((record) => known.has(textOf(record)));
}

function textOf(record: DnsRecord): string {
  return `${record.ip} ${record.port} ${record.weight} ${record.name}`;
}

/** All names in use, at most 10 000: past that the oldest one that nobody watches is forgotten. */
export class NameCache {
  private readonly entries = new Map<string, NameEntry>();
  private readonly environment: BalancerEnvironment;

  constructor(environment: BalancerEnvironment) {
    this.environment = environment;
  }

  /** The entry of a name, new when it is asked for the first time; nothing is looked up yet. */
  entry(given: string): NameEntry {
    const name = given.toLowerCase();
    const known = this.entries.get(name);
    if (known !== undefined) return known;
    if (this.entries.size >= MOST_NAMES) this.forgetOne();
    const entry = new NameEntry(name, this.environment);
    this.entries.set(name, entry);
    return entry;
  }

  close(): void {
    for (const entry of this.entries.values()) entry.close();
    this.entries.clear();
  }

  private forgetOne(): void {
    for (const [name, entry] of this.entries) {
      if (entry.watched) continue;
      this.entries.delete(name);
      return;
    }
  }
}

import dns, { type SrvRecord } from 'node:dns';
import { HostsFile } from './hosts-file.js';
import { type DnsAnswer, DnsError, type DnsKind, type DnsRecord, type Resolver } from './name-cache.js';

/** For answers that come without a time to live: the hosts file's and the operating system's. */
const UNKNOWN_TTL_MS = 10_000;
/** More records than that in one answer are cut off. */
const MOST_RECORDS = 256;
/** Codes that say: there is no such name, or it has no record of this kind. */
const NOT_FOUND = new Set<unknown>(['ENOTFOUND', 'ENODATA', 'ENONAME']);

/** What is used of node:dns, so that tests can stand in for it. */
export interface DnsApi {
  resolve4(name: string, options: { ttl: true }): Promise<{ address: string; ttl: number }[]>;
  resolve6(name: string, options: { ttl: true }): Promise<{ address: string; ttl: number }[]>;
  resolveSrv(name: string): Promise<Omit<SrvRecord, 'type'>[]>;
  /** The operating system's own way, with its search domains. */
  lookup(name: string): Promise<{ address: string; family: number }[]>;
}

function systemApi(): DnsApi {
  const resolver = new dns.promises.Resolver({ timeout: 2000, tries: 2 });
  return {
    resolve4: (name, options) => resolver.resolve4(name, options),
    resolve6: (name, options) => resolver.resolve6(name, options),
    resolveSrv: (name) => resolver.resolveSrv(name),
    lookup: (name) => dns.promises.lookup(name, { all: true }),
  };
}

/**
 * Looks names up in Kong's order: hosts file, the kind that answered last, SRV, A, AAAA; at the end the operating
 * system's own look-up, which knows search domains. SRV records are taken with the lowest priority number only, and
 * their names resolved in turn (RFC 2782).
 */
export class SystemResolver implements Resolver {
  private readonly api: DnsApi;
  private readonly hosts: { lookup(name: string): readonly string[] };

  constructor(options: { api?: DnsApi; hosts?: { lookup(name: string): readonly string[] } } = {}) {
    this.api = options.api ?? systemApi();
    this.hosts = options.hosts ?? new HostsFile('/etc/hosts', Date.now);
  }

  async resolve(given: string, last: DnsKind | null): Promise<DnsAnswer> {
    const name = given.toLowerCase();
    const known = this.hosts.lookup(name);
    if (known.length > 0) return { kind: 'A', records: known.map(asRecord), ttlMs: UNKNOWN_TTL_MS };
    if (last === 'A' || last === 'AAAA') {
      const again = await this.addresses(name).catch(() => null);
      if (again !== null) return again;
    }
    const [services, addresses] = await Promise.allSettled([this.services(name), this.addresses(name)]);
    if (services.status === 'fulfilled') return services.value;
    if (addresses.status === 'fulfilled') return addresses.value;
    return this.ask(name, addresses.reason);
  }

  private async addresses(name: string): Promise<DnsAnswer> {
    try {
      return answerOf('A', await this.api.resolve4(name, { ttl: true }));
    } catch (four) {
      // A resolver that is silent about one kind is so about the other: no second wait.
      if (!NOT_FOUND.has(codeOf(four))) throw four;
      const six = await this.api.resolve6(name, { ttl: true }).catch(() => []);
      if (six.length === 0) throw four;
      return answerOf('AAAA', six);
    }
  }

  private async services(name: string): Promise<DnsAnswer> {
    const all = (await this.api.resolveSrv(name)).filter((record) => record.name !== name).slice(0, MOST_RECORDS);
    const priority = Math.min(...all.map((record) => record.priority));
    const top = all.filter((record) => record.priority === priority);
    const answers = await Promise.all(top.map((record) => this.service(record)));
    const found = answers.filter((answer) => answer !== null);
    if (found.length === 0) throw new DnsError('DNS_NOT_FOUND', `no usable SRV record for ${name}`);
    const records = found.flatMap((answer) => answer.records).slice(0, MOST_RECORDS);
    return { kind: 'SRV', records, ttlMs: Math.min(...found.map((answer) => answer.ttlMs)) };
  }

  /** One SRV record's addresses share its weight; 0 means as little as possible, which is 1. Null when its name leads nowhere. */
  private async service(record: Omit<SrvRecord, 'type'>): Promise<DnsAnswer | null> {
    const name = record.name.toLowerCase();
    const known = this.hosts.lookup(name).map((ip) => ({ address: ip, ttl: UNKNOWN_TTL_MS / 1000 }));
    const answer = known.length > 0 ? answerOf('A', known) : await this.addresses(name).catch(() => null);
    if (answer === null) return null;
    const weight = (record.weight || 1) / answer.records.length;
    const records = answer.records.map(({ ip }): DnsRecord => ({ ip, port: record.port, weight, name: record.name }));
    return { kind: 'SRV', records, ttlMs: answer.ttlMs };
  }

  private async ask(name: string, reason: unknown): Promise<DnsAnswer> {
    try {
      const all = await this.api.lookup(name);
      const four = all.filter((entry) => entry.family === 4);
      const chosen = four.length > 0 ? four : all;
      const records = chosen.slice(0, MOST_RECORDS).map((entry) => asRecord(entry.address));
      return { kind: four.length > 0 ? 'A' : 'AAAA', records, ttlMs: UNKNOWN_TTL_MS };
    } catch (error) {
      const absent = NOT_FOUND.has(codeOf(reason)) && NOT_FOUND.has(codeOf(error));
      throw new DnsError(absent ? 'DNS_NOT_FOUND' : 'DNS_FAILED', `${name}: ${String(codeOf(reason))}`);
    }
  }
}

function answerOf(kind: 'A' | 'AAAA', found: readonly { address: string; ttl: number }[]): DnsAnswer {
  const used = found.slice(0, MOST_RECORDS);
  if (used.length === 0) throw new DnsError('DNS_NOT_FOUND', 'empty answer');
  return { kind, records: used.map((entry) => asRecord(entry.address)), ttlMs: Math.min(...used.map((entry) => entry.ttl)) * 1000 };
}

function asRecord(ip: string): DnsRecord {
  return { ip, port: 0, weight: null, name: null };
}

/** The code of a node:dns error; an empty answer counts as not found. */
function codeOf(error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'DNS_NOT_FOUND' ? 'ENODATA' : code;
}

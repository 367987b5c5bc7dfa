import type { Target, Upstream } from '@gatehouse/kong-config';
import { type Address, parseTarget } from './address.js';
import type { DnsRecord, NameCache, NameEntry } from './name-cache.js';
import { BalancedPeer, type PeerOwner, peerKey } from './peer.js';

/** What a target needs to know of its upstream. */
export interface TargetOwner extends PeerOwner {
  readonly upstream: Upstream;
  /** The target's peers are no longer what they were. */
  peersChanged(): void;
}

interface Wanted {
  readonly record: DnsRecord;
  weight: number;
}

/** One configured target and the peers it stands for: one for a literal address, one per address of a name. */
export class PoolTarget {
  /** As configured, `host:port`. */
  readonly target: string;
  readonly address: Address;
  weight: number;
  peers: readonly BalancedPeer[] = [];
  private readonly owner: TargetOwner;
  private readonly entry: NameEntry | null;
  private readonly unwatch: () => void;

  constructor(entity: Target, owner: TargetOwner, names: NameCache) {
    this.target = entity.target;
    this.address = parseTarget(entity.target);
    this.weight = entity.weight;
    this.owner = owner;
    this.entry = this.address.ip === null ? names.entry(this.address.name) : null;
    this.unwatch = this.entry?.watch(() => this.namesChanged()) ?? (() => {});
    this.apply();
  }

  /** The name's first look-up, while it is under way. */
  get unresolved(): NameEntry | null {
    return this.entry?.settled === false ? this.entry : null;
  }

  /** What Kong shows under `dns`: the kind of record, or what went wrong. */
  get dns(): string {
    if (this.entry === null) return this.address.name.startsWith('[') ? 'AAAA' : 'A';
    return this.entry.answer?.kind ?? this.entry.error?.message ?? 'unknown';
  }

  /** Brings the peers in line with the names, the weight and the upstream. A peer that stays is the same object. */
  apply(): void {
    const before = new Map(this.peers.map((peer) => [peer.key, peer]));
    const peers: BalancedPeer[] = [];
    for (const [key, { record, weight }] of this.wanted()) {
      const peer = before.get(key) ?? this.newPeer(record);
      peer.weight = weight;
      peer.setHost(this.hostFor(record));
      before.delete(key);
      peers.push(peer);
    }
    for (const gone of before.values()) gone.removed = true;
    this.peers = peers;
  }

  close(): void {
    this.unwatch();
    for (const peer of this.peers) peer.removed = true;
  }

  private namesChanged(): void {
    this.apply();
    this.owner.peersChanged();
  }

  /** By peer key; what an answer names twice counts twice. */
  private wanted(): Map<string, Wanted> {
    const wanted = new Map<string, Wanted>();
    for (const record of this.records()) {
      const key = peerKey(record.ip, record.port || this.address.port, this.address.name);
      const weight = this.weight === 0 ? 0 : (record.weight ?? this.weight);
      const twice = wanted.get(key);
      if (twice === undefined) wanted.set(key, { record, weight });
      else twice.weight += weight;
    }
    return wanted;
  }

  private records(): readonly DnsRecord[] {
    if (this.address.ip !== null) return [{ ip: this.address.ip, port: 0, weight: null, name: null }];
    return this.entry?.answer?.records ?? [];
  }

  private newPeer(record: DnsRecord): BalancedPeer {
    return new BalancedPeer(record.ip, record.port || this.address.port, this.address.name, this.weight, this.owner);
  }

  private hostFor(record: DnsRecord): string {
    const { host_header, use_srv_name } = this.owner.upstream;
    return host_header ?? (use_srv_name ? record.name : null) ?? this.address.name;
  }
}

import { type Address, addressOf } from './address.js';
import type { BalancerEnvironment } from './environment.js';
import type { DnsRecord, NameCache, NameEntry } from './name-cache.js';
import { BalancedPeer, type Peer, peerKey } from './peer.js';
import { NOT_PICKED, type PickResult } from './pick.js';
import { RoundRobin } from './round-robin.js';

/** A service's host that no upstream stands for: a literal address, or a name whose addresses take turns. */
export class DirectHost {
  private readonly address: Address;
  private readonly entry: NameEntry | null;
  private readonly turns: RoundRobin;
  private readonly environment: BalancerEnvironment;
  private peers = new Map<string, BalancedPeer>();
  private version = 0;

  constructor(host: string, port: number, names: NameCache, environment: BalancerEnvironment) {
    this.address = addressOf(host, port);
    this.environment = environment;
    this.turns = new RoundRobin(() => 0);
    this.entry = this.address.ip === null ? names.entry(this.address.name) : null;
    if (this.address.ip !== null) this.apply([{ ip: this.address.ip, port: 0, weight: null, name: null }]);
  }

  /** The next address; an answer that is past its time is used while it is renewed, and only the first look-up is waited for. */
  pick(tried: readonly Peer[]): PickResult | Promise<PickResult> {
    const entry = this.entry;
    if (entry === null) return this.turns.pick(tried).picked;
    if (entry.isDue(this.environment.now())) {
      const renewed = entry.refresh();
      if (entry.answer === null) return renewed.then(() => this.next(entry, tried));
    }
    return this.next(entry, tried);
  }

  private next(entry: NameEntry, tried: readonly Peer[]): PickResult {
    if (entry.answer === null) return NOT_PICKED.name_unresolved;
    if (entry.version !== this.version) this.apply(entry.answer.records);
    this.version = entry.version;
    return this.turns.pick(tried).picked;
  }

  private apply(records: readonly DnsRecord[]): void {
    const peers = new Map<string, BalancedPeer>();
    for (const { ip, port, weight } of records) {
      const key = peerKey(ip, port || this.address.port, this.address.name);
      const peer = this.peers.get(key) ?? new BalancedPeer(ip, port || this.address.port, this.address.name, 1, null);
      peer.weight = (weight ?? 1) + (peers.has(key) ? peer.weight : 0);
      peers.set(key, peer);
    }
    this.peers = peers;
    this.turns.rebuild([...peers.values()]);
  }
}

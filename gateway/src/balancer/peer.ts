import { hostHeader } from './address.js';
import { HealthTracker } from './health-state.js';
import type { Picked } from './pick.js';

/** Where one try of a request goes. Made by the balancer and handed back to it unchanged for reports. */
export interface Peer {
  /** The address to connect to, IPv6 without brackets. */
  readonly ip: string;
  readonly port: number;
  /** The Host header for an `http` service when the route does not preserve the client's. */
  readonly host: string;
  /** The same for an `https` service: they differ where the port is 80 or 443. */
  readonly tlsHost: string;
  /** Names the peer within its upstream, the same in every process and after every reload. */
  readonly key: string;
}

/** What a peer tells of what happened to it. */
export interface PeerOwner {
  reportStatus(peer: BalancedPeer, status: number): void;
  reportTcpFailure(peer: BalancedPeer): void;
  reportTimeout(peer: BalancedPeer): void;
  finished(peer: BalancedPeer, elapsedMs: number): void;
}

/** A peer with all that the algorithms and health checks keep about it; one object from discovery to removal. */
export class BalancedPeer implements Peer {
  readonly ip: string;
  readonly port: number;
  readonly key: string;
  host = '';
  tlsHost = '';
  /** Null for a host that no upstream stands for: nothing is counted there. */
  readonly owner: PeerOwner | null;
  /** The answer that picks this peer, made once. */
  readonly picked: Picked;
  /** The name that health checks use. */
  readonly hostname: string;
  readonly health = new HealthTracker();
  /** 0 takes nothing; a fraction where an SRV record's weight is shared by several addresses. */
  weight: number;
  /** Tries in flight. */
  connections = 0;
  /** Round-robin's balance. */
  credit = 0;
  /** Latency's moving average in milliseconds, and when it was touched; -1 before it has one. */
  ewma = 0;
  ewmaAt = -1;
  /** No longer part of its upstream: reports about it are void. */
  removed = false;

  constructor(ip: string, port: number, hostname: string, weight: number, owner: PeerOwner | null) {
    this.ip = ip;
    this.port = port;
    this.hostname = hostname;
    this.weight = weight;
    this.owner = owner;
    this.key = peerKey(ip, port, hostname);
    this.picked = { peer: this };
    this.setHost(hostname);
  }

  /** Sets both Host headers from a name without its port. */
  setHost(hostname: string): void {
    this.host = hostHeader(hostname, this.port, 'http');
    this.tlsHost = hostHeader(hostname, this.port, 'https');
  }
}

/** The key of a peer: two names may lead to one address and are still two peers, as in Kong. */
export function peerKey(ip: string, port: number, hostname: string): string {
  const address = ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
  return address.startsWith(`${hostname}:`) ? address : `${hostname}|${address}`;
}

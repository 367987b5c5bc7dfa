/** Makes what plugins see as the client's request out of a parsed head and its connection. */
import net from 'node:net';
import { AddressBlocks } from '../address-blocks.js';
import type { Incoming } from '../http1/incoming.js';
import type { ClientRequest } from '../plugin.js';

/** Who may say where a request came from (Kong: trusted_ips, real_ip_header, real_ip_recursive). */
export interface TrustSettings {
  /** Addresses and CIDR blocks; empty: nobody is believed. */
  readonly trustedIps: readonly string[];
}

const FORWARDED_MAX = 50;

export class TrustedPeers {
  private readonly blocks = new AddressBlocks();
  readonly empty: boolean;

  /** @throws RangeError for something that is no address or block. */
  constructor(settings: TrustSettings) {
    this.empty = settings.trustedIps.length === 0;
    for (const entry of settings.trustedIps) {
      const [address = ''] = entry.split('/');
      if (net.isIP(address) === 0) throw new RangeError(`trusted_ips: "${entry}" is no IP address or CIDR block`);
      this.blocks.add(entry);
    }
  }

  has(address: string): boolean {
    return !this.empty && net.isIP(address) !== 0 && this.blocks.has(address);
  }

  /** The nearest address in X-Forwarded-For that is not trusted itself; `peer` when the peer is not trusted. */
  clientOf(peer: string, forwardedFor: readonly string[]): string {
    if (!this.has(peer)) return peer;
    const hops = forwardedFor
      .join(',')
      .split(',')
      .slice(-FORWARDED_MAX)
      .map((hop) => hop.trim());
    let client = peer;
    for (let i = hops.length - 1; i >= 0; i--) {
      const hop = hops[i]!;
      if (net.isIP(hop) === 0) return client;
      client = hop;
      if (!this.has(hop)) return client;
    }
    return client;
  }
}

/** nginx's $host: lower-case, without port and trailing dot. */
export function hostName(host: string): string {
  const lower = host.toLowerCase();
  const colon = lower.indexOf(':', lower.charCodeAt(0) === 91 ? lower.indexOf(']') : 0);
  const name = colon < 0 ? lower : lower.slice(0, colon);
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/** What nginx calls itself where a request names no host (HTTP/1.0). */
const SERVER_NAME = 'kong';

/** The query without a fragment, which nginx drops. */
function queryOf(target: string, mark: number): string {
  const hash = target.indexOf('#');
  if (hash < 0) return target.slice(mark + 1);
  return hash < mark ? '' : target.slice(mark + 1, hash);
}

/**
 * @param path the normalised path of the head's target
 */
export function clientRequest(incoming: Incoming, path: string, trust: TrustedPeers): ClientRequest {
  const { head, connection } = incoming;
  const mark = head.target.indexOf('?');
  const trusted = trust.has(connection.remoteAddress);
  return {
    method: head.method,
    scheme: connection.scheme,
    host: head.host === '' ? SERVER_NAME : hostName(head.host),
    port: connection.localPort,
    rawPath: mark < 0 ? head.target : head.target.slice(0, mark),
    path,
    rawQuery: mark < 0 ? '' : queryOf(head.target, mark),
    hasQuery: mark >= 0,
    httpVersion: head.version,
    headers: head.headers,
    remoteAddress: connection.remoteAddress,
    clientIp: trusted ? trust.clientOf(connection.remoteAddress, head.headers.getAll('x-forwarded-for')) : connection.remoteAddress,
    trusted,
    contentLength: head.contentLength,
    hasBody: incoming.body.exists,
    connection: {
      localAddress: connection.localAddress,
      localPort: connection.localPort,
      serial: connection.serial,
      requests: incoming.requestNumber,
      tls: connection.tls,
    },
  };
}

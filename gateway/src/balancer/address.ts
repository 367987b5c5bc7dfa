import { isIP } from 'node:net';

/** A target's or service's host with its port: `name` as written (IPv6 in brackets), `ip` for a literal address. */
export interface Address {
  /** As it stands in a Host header: IPv6 literals in brackets. */
  readonly name: string;
  readonly port: number;
  /** The literal address without brackets; null when the name has to be looked up. */
  readonly ip: string | null;
}

/**
 * Takes a host apart from its port.
 * @param host an IPv4 or IPv6 literal (with or without brackets) or a DNS name
 * @param port 0–65535
 */
export function addressOf(host: string, port: number): Address {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const version = isIP(bare);
  if (version === 0) return { name: host, port, ip: null };
  return { name: version === 6 ? `[${bare}]` : bare, port, ip: bare };
}

/**
 * Reads a target such as `10.0.0.1:80`, `[::1]:80` or `service.internal:8080`.
 * @param target the `target` field of a loaded entity; a missing port counts as 8000, as in Kong
 */
export function parseTarget(target: string): Address {
  const colon = target.lastIndexOf(':');
  const port = colon < 0 ? Number.NaN : Number(target.slice(colon + 1));
  if (!Number.isInteger(port) || isIP(target) === 6) return addressOf(target, 8000);
  return addressOf(target.slice(0, colon), port);
}

/**
 * The Host header that Kong sends: the port is left out only where it is the scheme's own.
 * @param hostname the target's name, or the upstream's `host_header`, which gets the port as well
 */
export function hostHeader(hostname: string, port: number, scheme: 'http' | 'https'): string {
  const own = scheme === 'http' ? 80 : 443;
  return port === own ? hostname : `${hostname}:${port}`;
}

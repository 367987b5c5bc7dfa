/** Conditions on the connection: server name, and addresses and ports of its two ends. */
import type { CidrPort } from '@gatehouse/kong-config';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** One element of `sources` or `destinations`. */
export interface EndCondition {
  readonly network: Address | null;
  /** Leading bits that count. */
  readonly bits: number;
  readonly port: number | null;
}

export interface SniCondition {
  readonly kind: 'exact' | 'suffix' | 'prefix';
  readonly text: string;
}

/** @throws Error when the address is none */
export function compileEnd({ ip, port }: CidrPort): EndCondition {
  if (ip === null) return { network: null, bits: 0, port };
  const [text = '', mask] = ip.split('/');
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) throw new Error(`${ip} is no address or network`);
  const network = ipaddr.parse(text);
  const width = network.kind() === 'ipv4' ? 32 : 128;
  const bits = mask === undefined ? width : Number(mask);
  if (mask === '' || !Number.isInteger(bits) || bits < 0 || bits > width) throw new Error(`/${mask} is no length of a network of ${text}`);
  return { network, bits, port };
}

/** Null for what is no address; an IPv4 address in IPv6 form counts as IPv4. */
export function parseAddress(ip: string): Address | null {
  return ipaddr.isValid(ip) ? ipaddr.process(ip) : null;
}

export function endMatches({ network, bits, port }: EndCondition, address: Address | null, actualPort: number): boolean {
  if (port !== null && port !== actualPort) return false;
  if (network === null) return true;
  if (address === null) return false;
  if (network.kind() === 'ipv4') return address.kind() === 'ipv4' && (address as ipaddr.IPv4).match(network as ipaddr.IPv4, bits);
  return address.kind() === 'ipv6' && (address as ipaddr.IPv6).match(network as ipaddr.IPv6, bits);
}

/** A last dot of a full name does not count (Kong: router/transform.lua sni_val_transform). */
export function compileSni(sni: string): SniCondition {
  const last = sni.length - 1;
  if (!sni.startsWith('*') && sni[last] === '*') return { kind: 'prefix', text: sni.slice(0, -1) };
  const name = last > 0 && sni[last] === '.' ? sni.slice(0, -1) : sni;
  return name.startsWith('*') ? { kind: 'suffix', text: name.slice(1) } : { kind: 'exact', text: name };
}

export function sniMatches({ kind, text }: SniCondition, sni: string): boolean {
  switch (kind) {
    case 'exact':
      return sni === text;
    case 'suffix':
      return sni.endsWith(text);
    case 'prefix':
      return sni.startsWith(text);
  }
}

/** Addresses as windows count them: an IPv6 client has a whole network, and counts as one. */
import { isIPv4, isIPv6 } from 'node:net';

const GROUPS = 8;

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

/** The eight groups of an address that isIPv6 takes; a trailing IPv4 part is two of them. */
function expand(address: string): number[] {
  const plain = address.replace(/%.*$/, '');
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const hex = (high: string, low: string): string => ((Number(high) << 8) | Number(low)).toString(16);
  const text = dotted ? `${dotted[1]}${hex(dotted[2]!, dotted[3]!)}:${hex(dotted[4]!, dotted[5]!)}` : plain;
  const [before = '', after] = text.split('::');
  if (after === undefined) return groupsOf(before);
  const head = groupsOf(before);
  const tail = groupsOf(after);
  return [...head, ...new Array<number>(GROUPS - head.length - tail.length).fill(0), ...tail];
}

function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

/**
 * An IPv4 address as it is (also when it is written inside IPv6); of an IPv6 address the network of `prefix` bits, as
 * `2001:db8:0:1/64`; any other text unchanged. Two spellings of one address give the same.
 */
export function networkOf(ip: string, prefix: number): string {
  if (!ip.includes(':') || isIPv4(ip) || !isIPv6(ip)) return ip;
  const groups = expand(ip);
  if (isMapped(groups)) return `${groups[6]! >> 8}.${groups[6]! & 255}.${groups[7]! >> 8}.${groups[7]! & 255}`;
  const kept = groups.slice(0, Math.ceil(prefix / 16)).map((group, i) => {
    const bits = Math.min(16, prefix - i * 16);
    return (group & (0xffff << (16 - bits)) & 0xffff).toString(16);
  });
  return `${kept.join(':')}/${prefix}`;
}

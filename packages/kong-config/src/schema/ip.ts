import { isIPv4, isIPv6 } from 'node:net';

/** An address or name taken apart; `port` is null when there was none. */
export interface HostPort {
  type: 'ipv4' | 'ipv6' | 'name';
  host: string;
  port: number | null;
}

export type HostFault = 'invalid port number' | 'invalid';

const IPV4 = /^(\d\d?\d?)\.(\d\d?\d?)\.(\d\d?\d?)\.(\d\d?\d?)(?::(\d+))?$/;
const MAX_PORT = 65535;

/** What kind of host a text can only be, valid or not. */
export function hostType(text: string): HostPort['type'] {
  const first = text.indexOf(':');
  if (first !== -1 && text.indexOf(':', first + 1) !== -1) return 'ipv6';
  return /^[\d.]+$/.test(text.replaceAll(':', '')) ? 'ipv4' : 'name';
}

function parsePort(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  const port = Number(text);
  return port > MAX_PORT ? undefined : port;
}

function parseIpv4(text: string): HostPort | HostFault {
  const match = IPV4.exec(text);
  if (match === null || (text.includes(':') && match[5] === undefined)) return 'invalid';
  const parts = match.slice(1, 5).map(Number);
  if (parts.some((part) => part > 255)) return 'invalid';
  const port = parsePort(match[5]);
  return port === undefined ? 'invalid port number' : { type: 'ipv4', host: parts.join('.'), port };
}

function expandIpv6(text: string): string | null {
  let full = text.startsWith(':') ? `0${text}` : text;
  if (full.endsWith(':')) full += '0';
  if (full.includes('::')) {
    const colons = full.length - full.replaceAll(':', '').length;
    full = full.replace('::', `:${'0:'.repeat(Math.max(0, 8 - colons))}`);
  }
  const groups = full.split(':');
  if (groups.length !== 8 || groups.some((group) => !/^[\da-fA-F]{1,4}$/.test(group))) return null;
  return groups.map((group) => group.padStart(4, '0').toLowerCase()).join(':');
}

function parseIpv6(text: string): HostPort | HostFault {
  const bracketed = /^\[([^[\]]*)\](.*)$/s.exec(text);
  const rest = bracketed?.[2] ?? '';
  if (rest !== '' && !/^:\d+$/.test(rest)) return 'invalid';
  const port = parsePort(rest === '' ? undefined : rest.slice(1));
  if (port === undefined) return 'invalid port number';
  const host = expandIpv6(bracketed?.[1] ?? text);
  return host === null ? 'invalid' : { type: 'ipv6', host, port };
}

function parseName(text: string): HostPort | HostFault {
  const match = /:(\d+)$/.exec(text);
  const port = parsePort(match?.[1]);
  if (port === undefined) return 'invalid port number';
  const name = match === null ? text : text.slice(0, match.index);
  if (!/^[\da-zA-Z\-._]+$/.test(name)) return 'invalid';
  const segments = name.split('.');
  const bad = segments.some((segment, i) => segment.endsWith('-') || (segment === '' && i !== segments.length - 1));
  return bad ? 'invalid' : { type: 'name', host: name, port };
}

/**
 * Takes `host`, `host:port`, IPv4 and (bracketed) IPv6 forms apart, with Kong's idea of what is a host name.
 *
 * @returns the parts (IPv6 fully expanded, IPv4 without leading zeros), or what is wrong
 */
export function parseHost(text: string): HostPort | HostFault {
  const type = hostType(text);
  if (type === 'ipv4') return parseIpv4(text);
  return type === 'ipv6' ? parseIpv6(text) : parseName(text);
}

/** Whether the text is an IPv4 or IPv6 address; IPv6 may stand in brackets, without a zone. */
export function isIp(text: string): boolean {
  if (isIPv4(text)) return true;
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  return isIPv6(bare) && !bare.includes('%');
}

function isPrefix(text: string, max: number): boolean {
  return /^(0|[1-9]\d{0,2})$/.test(text) && Number(text) <= max;
}

/** Whether the text is an address block such as `10.0.0.0/8` or `2001:db8::/32`. */
export function isCidr(text: string): boolean {
  const slash = text.indexOf('/', 2);
  if (slash === -1) return false;
  const [address, prefix] = [text.slice(0, slash), text.slice(slash + 1)];
  if (isIPv4(address)) return isPrefix(prefix, 32);
  return isIp(address) && isPrefix(prefix, 128);
}

function bitsOf(address: string): string | null {
  if (isIPv4(address))
    return address
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('');
  const groups = expandIpv6(address)?.split(':');
  return groups?.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('') ?? null;
}

/** Whether the router's expressions can say this address or block: without brackets, and with nothing behind a block's prefix. */
export function isRoutable(text: string): boolean {
  const [address = '', prefix] = text.split('/', 2);
  const bits = bitsOf(address);
  return bits !== null && (prefix === undefined || !bits.slice(Number(prefix)).includes('1'));
}

/** Hosts of routes and requests (Kong: router/transform.lua split_host_port, get_expression). */
import { toBytes } from './bytes.js';

export interface HostPort {
  readonly host: string;
  /** Null when there is none. */
  readonly port: number | null;
}

/** How a route's host is compared: whole, by its end (`*.example.com`) or by its start (`example.*`). */
export interface HostCondition {
  readonly kind: 'exact' | 'suffix' | 'prefix';
  /** Without the asterisk; bytes, case kept: Kong compares the Host header as sent. */
  readonly text: string;
  /** Compared with the port in the Host header or, without one, with that of the listener. */
  readonly port: number | null;
}

/**
 * Splits at the first colon, if what follows is a number as Lua reads one; so `[::1]:80` stays whole.
 * @param value of a Host header or of a route's `hosts`
 */
export function splitHostPort(value: string): HostPort {
  const colon = value.indexOf(':');
  if (colon < 0) return { host: value, port: null };
  const port = readPort(value, colon + 1);
  return port === null ? { host: value, port: null } : { host: value.slice(0, colon), port };
}

function readPort(value: string, from: number): number | null {
  const length = value.length - from;
  if (length === 0) return null;
  let port = 0;
  for (let i = from; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9 || length > 15) return readNumber(value.slice(from));
    port = port * 10 + digit;
  }
  return port;
}

/** Lua's tonumber for what is not digits alone; the fraction is cut as where Kong hands it to its router. */
function readNumber(text: string): number | null {
  const trimmed = text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '');
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return Math.trunc(Number(trimmed));
  const hex = /^([+-]?)0x([0-9a-f]+)$/i.exec(trimmed);
  if (!hex) return null;
  const magnitude = Number.parseInt(hex[2]!, 16);
  return hex[1] === '-' ? -magnitude : magnitude;
}

export function compileHost(value: string): HostCondition {
  const { host, port } = splitHostPort(toBytes(value));
  if (host.startsWith('*')) return { kind: 'suffix', text: host.slice(1), port };
  if (host.endsWith('*')) return { kind: 'prefix', text: host.slice(0, -1), port };
  return { kind: 'exact', text: host, port };
}

/** @param port in the Host header, or that of the listener */
export function hostMatches(condition: HostCondition, host: string, port: number): boolean {
  if (condition.port !== null && condition.port !== port) return false;
  switch (condition.kind) {
    case 'exact':
      return host === condition.text;
    case 'suffix':
      return host.endsWith(condition.text);
    case 'prefix':
      return host.startsWith(condition.text);
  }
}

const RESERVED = new Set([..."!*'();:@&=+$,/?%#[]"].map((c) => c.charCodeAt(0)));

/** UTF-8 bytes as one character each, so that a percent-encoded byte can stand for itself. */
function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function fromBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function decodeUnreserved(text: string): string {
  return text.replace(/%([\dA-Fa-f]{2})/g, (whole, hex: string) => {
    const code = Number.parseInt(hex, 16);
    return RESERVED.has(code) ? whole.toUpperCase() : String.fromCharCode(code);
  });
}

/** RFC 3986 section 5.2.4, with runs of slashes merged. */
function removeDots(path: string): string {
  const output: string[] = [];
  let at = 0;
  while (at < path.length) {
    const slash = path.indexOf('/', at + 1);
    const end = slash === -1 ? path.length : slash;
    const segment = path.slice(at, end);
    const name = segment.startsWith('/') ? segment.slice(1) : segment;
    const last = slash === -1;
    if (name === '..') output.pop();
    if (name === '.' || name === '..') {
      if (last && segment.startsWith('/')) output.push('/');
    } else if (segment !== '/' || last) output.push(segment);
    at = end;
  }
  return output.join('');
}

/**
 * A path in the form in which Kong compares it: percent-encoding undone except for reserved characters, no dot segments,
 * no repeated slashes (RFC 3986 section 6.2.2).
 *
 * @param path starts with a slash
 */
export function normalisePath(path: string): string {
  if (path === '' || path === '/') return path;
  if (!path.includes('%') && !path.includes('.') && !path.includes('//')) return path;
  return fromBytes(removeDots(decodeUnreserved(toBytes(path))));
}

const REGEX_ESCAPES = new Map([...'.^-{}\\|'].map((c) => [c.charCodeAt(0), `\\${c}`]));

/** Undoes the percent-encoding of a path that is a regular expression of the time before Kong 3.0. */
function decodeRegex(regex: string): string {
  if (!regex.includes('%')) return regex;
  const decoded = toBytes(regex).replace(/%([\dA-Fa-f]{2})/g, (whole, hex: string) => {
    const code = Number.parseInt(hex, 16);
    if (RESERVED.has(code)) return whole.toUpperCase();
    return REGEX_ESCAPES.get(code) ?? String.fromCharCode(code);
  });
  return fromBytes(decoded);
}

/**
 * A route's path of `_format_version` 1.1 or 2.1 as 3.0 writes it: whatever has a character of regular expressions is one
 * and gets the `~` prefix; anything else is normalised.
 */
export function upgradePath(path: string): string {
  if (/^[a-zA-Z0-9.\-_~/%]*$/.test(path)) return normalisePath(path);
  return `~${decodeRegex(path)}`;
}

/** A URL taken apart as LuaSocket does it, which Kong uses for `url` shorthands; absent parts are undefined. */
export interface UrlParts {
  scheme?: string;
  userinfo?: string;
  host?: string;
  port?: string;
  path?: string;
}

/** Null for an empty text only: everything else has at least a path. */
export function parseUrl(text: string): UrlParts | null {
  if (text === '') return null;
  const match = /^(?:([a-zA-Z0-9][a-zA-Z0-9+\-.]*):)?(?:\/\/([^/?#]*))?([^#?;]*)/s.exec(text);
  const [, scheme, authority, path] = match ?? [];
  const parts: UrlParts = {};
  if (scheme !== undefined) parts.scheme = scheme;
  if (path !== undefined && path !== '') parts.path = path;
  if (authority === undefined) return parts;
  const user = /^([^@]*)@/.exec(authority);
  if (user?.[1] !== undefined) parts.userinfo = user[1];
  const rest = user === null ? authority : authority.slice(user[0].length);
  const port = /:([^:\]]*)$/.exec(rest);
  if (port?.[1] !== undefined) parts.port = port[1];
  const host = port === null ? rest : rest.slice(0, port.index);
  if (host !== '') parts.host = /^\[(.+)\]$/s.exec(host)?.[1] ?? host;
  return parts;
}

/**
 * Request paths as nginx admits them and Kong's router sees them (nginx: ngx_http_parse_complex_uri with
 * merge_slashes; Kong: tools/uri.lua normalize). Strings hold one byte per character.
 */
const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;
const HASH = 0x23;
const QUESTION = 0x3f;

/** RFC 3986 reserved characters and `%`: their escapes mean something else than themselves, so they stay. */
const reserved = new Set("!*'();:@&=+$,/?%#[]");

const escapes = /%[0-9a-fA-F]{2}/g;

/**
 * The path as routes see it: escapes decoded unless reserved (those in upper case), dot segments resolved, slashes merged.
 * @param rawPath what stood before `?` in the request target; one byte per character
 * @returns the path, starting with `/` and free of dot segments, or null for what is answered 400: no leading slash,
 *   a broken escape, `%00`, or a climb above the root (where, unlike below, `%2f` counts as a slash)
 */
export function normalizePath(rawPath: string): string | null {
  if (rawPath.charCodeAt(0) !== SLASH) return null;
  if (isNormal(rawPath)) return rawPath;
  if (!isAdmissible(rawPath)) return null;
  return resolveSegments(rawPath.replace(escapes, decodeEscape));
}

/** Nothing to decode and no segment that is empty or starts with a dot: the path stays as it is. */
function isNormal(path: string): boolean {
  let previous = 0;
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i);
    if (c === PERCENT) return false;
    if (previous === SLASH && (c === SLASH || c === DOT)) return false;
    previous = c;
  }
  return true;
}

/** nginx's own check on the wholly decoded path. It ends at `#`. */
function isAdmissible(path: string): boolean {
  let depth = 0;
  // Dots of the current segment while it is nothing but dots; -1 once it is a name.
  let dots = 0;
  for (let i = 0; i < path.length; i++) {
    let c = path.charCodeAt(i);
    if (c === HASH) break;
    if (c === PERCENT) {
      c = escapedByte(path, i);
      if (c <= 0) return false;
      i += 2;
      if (c === PERCENT || c === HASH || c === QUESTION) {
        dots = -1;
        continue;
      }
    }
    if (c === SLASH) {
      depth += depthChange(dots);
      if (depth < 0) return false;
      dots = 0;
    } else dots = c === DOT && dots >= 0 && dots < 2 ? dots + 1 : -1;
  }
  return depth + depthChange(dots) >= 0;
}

function depthChange(dots: number): number {
  if (dots < 0) return 1;
  return dots === 2 ? -1 : 0;
}

/** The byte that `%XX` at this place stands for; -1 when it is no escape. */
function escapedByte(path: string, at: number): number {
  const high = hexDigit(path.charCodeAt(at + 1));
  const low = hexDigit(path.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function decodeEscape(escaped: string): string {
  const char = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
  return reserved.has(char) ? escaped.toUpperCase() : char;
}

function resolveSegments(path: string): string {
  const segments = path.split('/');
  const kept: string[] = [];
  for (let i = 1; i < segments.length; i++) {
    const segment = segments[i]!;
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const last = segments[segments.length - 1]!;
  const open = last === '' || last === '.' || last === '..';
  return kept.length === 0 ? '/' : `/${kept.join('/')}${open ? '/' : ''}`;
}

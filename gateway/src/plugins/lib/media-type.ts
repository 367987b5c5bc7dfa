/** Media types by RFC 2045 §5.1, as strictly as Kong reads them (kong/tools/mime_type.lua). */

export interface MediaType {
  /** Lower-case; `*` alone stands for both. */
  readonly type: string;
  readonly subtype: string;
  /** Names in lower case, values as written. */
  readonly params: ReadonlyMap<string, string>;
}

const TOKEN = "[!#$%&'*+.0-9A-Z^_`a-z|~-]+";
const TYPES = new RegExp(`(?:(${TOKEN})/(${TOKEN})|\\*)`, 'y');
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(${TOKEN})=(?:(${TOKEN})|"((?:\\\\.|[^"\\x00-\\x1f\\x7f])*)")`, 'ys');
const TEXT_MAX = 1024;
const NO_PARAMS: ReadonlyMap<string, string> = new Map();

/** Null when the text is no media type from its first to its last character. */
export function parseMediaType(text: string): MediaType | null {
  if (text.length > TEXT_MAX) return null;
  TYPES.lastIndex = 0;
  const match = TYPES.exec(text);
  if (!match) return null;
  const type = match[1]?.toLowerCase() ?? '*';
  const subtype = match[2]?.toLowerCase() ?? '*';
  const params = readParams(text, TYPES.lastIndex);
  return params && { type, subtype, params };
}

function readParams(text: string, from: number): ReadonlyMap<string, string> | null {
  if (from === text.length) return NO_PARAMS;
  const params = new Map<string, string>();
  let at = from;
  while (at < text.length) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(text);
    if (!match) return null;
    params.set(match[1]!.toLowerCase(), match[2] ?? match[3] ?? '');
    at = PARAMETER.lastIndex;
  }
  return params;
}

/** Whether a Content-Type is JSON for response-transformer: application/json or application/…+json, among several after commas. */
export function isJsonType(contentType: string | undefined): boolean {
  if (contentType === undefined) return false;
  if (contentType === 'application/json') return true;
  return contentType.split(',').some((part) => {
    const media = parseMediaType(part.trim());
    return media !== null && media.type === 'application' && (media.subtype === 'json' || media.subtype.endsWith('+json'));
  });
}

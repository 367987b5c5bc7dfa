/** Reading Content-Type (RFC 9110 section 8.3.1). */

export interface MediaType {
  /** Lower-case `type/subtype`. */
  readonly essence: string;
  /** Lower-case, or undefined. */
  readonly charset: string | undefined;
  readonly boundary: string | undefined;
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const TYPE = new RegExp(`^(${TOKEN}/${TOKEN})[ \\t]*(?:;|$)`);
const PARAMETER = new RegExp(`^[ \\t]*(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")[ \\t]*(?:;|$)`);

/** Null for what is no media type, and for one that says a parameter twice (readers disagree which counts). */
export function mediaType(header: string): MediaType | null {
  const match = TYPE.exec(header);
  if (!match) return null;
  const parameters = new Map<string, string>();
  let rest = header.slice(match[0].length);
  while (rest.trim() !== '') {
    const found = PARAMETER.exec(rest);
    if (!found) return null;
    const name = found[1]!.toLowerCase();
    if (parameters.has(name)) return null;
    parameters.set(name, found[2] ?? found[3]!.replace(/\\(.)/g, '$1'));
    rest = rest.slice(found[0].length);
  }
  return { essence: match[1]!.toLowerCase(), charset: parameters.get('charset')?.toLowerCase(), boundary: parameters.get('boundary') };
}

/** Whether a type is in a list that may have `image/*`. */
export function isListed(essence: string, list: readonly string[]): boolean {
  const slash = essence.indexOf('/');
  return list.includes(essence) || list.includes(`${essence.slice(0, slash)}/*`) || list.includes('*/*');
}

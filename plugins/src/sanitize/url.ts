/** Checks of the request's address. */

/** How often a text is percent-decoded before what it hides is looked for: services decode once, careless ones twice. */
const DECODINGS = 3;
const ENCODED = /%(?:[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})/;
/** A segment `..`, between separators of either kind; `;` starts a parameter that some servers cut off (`..;/`). */
const DOT_DOT = /(?:^|[/\\])\.\.(?:[/\\;?#]|$)/;

/** Full-width forms as a service may fold them (NFKC). */
const FOLDED: ReadonlyMap<string, string> = new Map([
  ['ff0e', '.'],
  ['ff0f', '/'],
  ['ff3c', '\\'],
]);

/** One decoding that never fails: bytes become Latin-1; overlong and full-width forms of `.`, `/`, `\\` become these. */
function decodeOnce(text: string): string {
  return text
    .replace(/%c0%(?:ae|2e)|%e0%80%ae|%ef%bc%8e/gi, '.')
    .replace(/%c0%(?:af|2f)|%e0%80%af|%ef%bc%8f/gi, '/')
    .replace(/%c1%(?:9c|1c)|%c0%5c|%ef%bc%bc/gi, '\\')
    .replace(/%u([0-9a-fA-F]{4})/g, (_all, hex: string) => FOLDED.get(hex.toLowerCase()) ?? String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/%([0-9a-fA-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Whether `found` is true of a text, or of it percent-decoded once, twice or three times. */
function hides(text: string, found: (text: string) => boolean): boolean {
  if (found(text)) return true;
  let decoded = text;
  for (let i = 0; i < DECODINGS && ENCODED.test(decoded); i++) {
    decoded = decodeOnce(decoded);
    if (found(decoded)) return true;
  }
  return false;
}

/** Whether a path or a query's value climbs out of its folder, plainly or hidden. */
export function climbs(text: string): boolean {
  // Most paths have neither: two searches and done.
  if (!text.includes('..') && !text.includes('%')) return false;
  return hides(text, (plain) => DOT_DOT.test(plain));
}

/** Whether a path or query has a NUL byte, plainly or hidden. */
export function hasNul(text: string): boolean {
  return text.includes('%') ? hides(text, (plain) => plain.includes('\0')) : text.includes('\0');
}

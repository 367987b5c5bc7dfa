/** Macros of case files, and their undoing in what was seen. */

/** What the macros of a run stand for. */
export interface MacroValues {
  /** Random, so that counters of two runs don't meet. */
  readonly nonce: string;
  /** The proxy's port. */
  readonly port: number;
  /** Number of the repetition, from 0. */
  readonly repetition: number;
}

const MACRO = /\{\{(?:(nonce|port|i)|([^{}*]+)\*(\d+))\}\}/g;

/** `{{nonce}}`, `{{port}}`, `{{i}}`, and `{{x*3}}` for `xxx`. */
export function expandMacros(text: string, values: MacroValues): string {
  return text.replace(MACRO, (_whole, name?: string, piece?: string, times?: string) => {
    if (name === 'nonce') return values.nonce;
    if (name === 'port') return String(values.port);
    return name === 'i' ? String(values.repetition) : piece!.repeat(Number(times));
  });
}

const REQUEST_ID = /("?request_?id"?(?:[:=] ?"?|>))[0-9a-f]{32}/g;
const VERSION = /(?<=kong\/)3\.[0-9.]+[0-9]/gi;
const LONG_RUN = /([^{}*])\1{199,}/g;

/** Takes out what differs from run to run, and shortens runs of one character, as recordings write them. */
export function scrub(text: string, nonce: string): string {
  return text
    .replaceAll(nonce, '{{nonce}}')
    .replace(REQUEST_ID, '$1*')
    .replace(VERSION, '<version>')
    .replace(LONG_RUN, (run: string, character: string) => `{{${character}*${run.length}}}`);
}

/** Regular expressions of PCRE, as Kong's operators write them, as JavaScript's. */
import { ConfigError } from './config-error.js';

const POSIX: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  xdigit: 'A-Fa-f0-9',
  word: '\\w',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
};

const ESCAPES: Readonly<Record<string, string>> = { A: '^', z: '$', Z: '$', h: '[ \\t]', a: '\\x07', e: '\\x1b' };
const PIECES = /\\([\s\S])|\[(\^?)(\]?(?:\\[\s\S]|\[:\w+:\]|[^\]\\])*)\]|\(\?P<|\(\?#[^)]*\)/g;
const CLASS_PIECES = /\\[\s\S]|\[:(\w+):\]|^\]/g;
/** What `ESCAPES` says of an escape inside of brackets. */
const CLASS_ESCAPES: Readonly<Record<string, string>> = { '\\h': ' \\t', '\\a': '\\x07', '\\e': '\\x1b' };
const LEADING_FLAGS = /^(\^?)\(\?([ims]+)\)/;

/** What stands between brackets. A `]` at its beginning is a member there, and `[` is one anywhere. */
function translateClass(members: string): string {
  return members.replace(CLASS_PIECES, (found, posix?: string) => {
    if (posix !== undefined) return POSIX[posix] ?? found;
    return found === ']' ? '\\]' : (CLASS_ESCAPES[found] ?? found);
  });
}

function translate(source: string): string {
  return source.replace(PIECES, (found, escaped?: string, not?: string, members?: string) => {
    if (escaped !== undefined) return ESCAPES[escaped] ?? found;
    if (members !== undefined) return `[${not}${translateClass(members)}]`;
    return found === '(?P<' ? '(?<' : '';
  });
}

/**
 * Compiles `source` with JavaScript's `flags` added to those at its beginning. Throws ConfigError, naming `field`, for what
 * JavaScript can't express (possessive quantifiers, atomic groups, conditions, recursion).
 */
export function compilePcre(source: string, field: string, flags = ''): RegExp {
  const leading = LEADING_FLAGS.exec(source);
  const body = leading ? leading[1] + source.slice(leading[0].length) : source;
  const all = [...new Set(`${leading?.[2] ?? ''}${flags}`)].join('');
  try {
    return new RegExp(translate(body), all);
  } catch (cause) {
    throw new ConfigError(field, `this regular expression can't be used here: ${cause instanceof Error ? cause.message : cause}`);
  }
}

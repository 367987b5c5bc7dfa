/** A set of characters, given as a JavaScript class in `v` mode, whose set operations are those of Rust's syntax. */

/** ASCII characters have codes below this. */
export const ASCII_END = 128;

/** Whether letters stand for both cases: not, those of ASCII, or all by Unicode's simple folding. */
export type Folding = 'none' | 'ascii' | 'unicode';

export class CharClass {
  /** 1 for each ASCII character in the set. */
  readonly ascii = new Uint8Array(ASCII_END);
  /** The same as bits of a number: bit n for the character with code n. */
  readonly mask: bigint;
  /** The code of the only character in the set, or -1 when there are others or none. */
  readonly only: number;
  private readonly all: RegExp;

  /**
   * @param source a class or a single escape in JavaScript's `v` syntax
   * @param folding with `ascii`, the set is of ASCII characters alone
   * @throws SyntaxError for a class that JavaScript does not know, such as an unknown Unicode property
   */
  constructor(
    source: string,
    private readonly folding: Folding,
    only = -1,
  ) {
    this.all = new RegExp(source, folding === 'none' ? 'v' : 'iv');
    this.only = only;
    for (let code = 0; code < ASCII_END; code++) this.ascii[code] = this.all.test(String.fromCharCode(code)) ? 1 : 0;
    this.mask = this.ascii.reduce((mask, flag, code) => (flag === 1 ? mask | (1n << BigInt(code)) : mask), 0n);
  }

  has(code: number): boolean {
    if (code < ASCII_END) return this.ascii[code] === 1;
    return this.folding !== 'ascii' && this.all.test(String.fromCodePoint(code));
  }
}

/** Makes sets, each only once: a table of routes repeats the same few. */
export class CharClasses {
  private readonly known = new Map<string, CharClass>();

  /** @throws SyntaxError as `CharClass` does */
  of(source: string, folding: Folding): CharClass {
    return this.remember(`${folding} ${source}`, () => new CharClass(source, folding));
  }

  /** The set of one character, or of its cases. */
  ofCode(code: number, folding: Folding): CharClass {
    const source = codeSource(code);
    if (folding !== 'none' && hasCases(code) && (folding === 'unicode' || code < ASCII_END)) return this.of(source, folding);
    return this.remember(source, () => new CharClass(source, 'none', code));
  }

  private remember(key: string, make: () => CharClass): CharClass {
    let chars = this.known.get(key);
    if (!chars) {
      chars = make();
      this.known.set(key, chars);
    }
    return chars;
  }
}

/** A character in JavaScript's syntax, whatever it means there. */
export function codeSource(code: number): string {
  return `\\u{${code.toString(16)}}`;
}

function hasCases(code: number): boolean {
  const char = String.fromCodePoint(code);
  return char.toLowerCase() !== char || char.toUpperCase() !== char;
}

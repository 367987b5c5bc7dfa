/** A set of characters, given as a JavaScript class in `v` mode, whose set operations are those of Rust's syntax. */

/** ASCII characters have codes below this. */
export const ASCII_END = 128;

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
   * @param foldCase whether letters stand for both cases, by Unicode's simple folding
   * @throws SyntaxError for a class that JavaScript does not know, such as an unknown Unicode property
   */
  constructor(source: string, foldCase: boolean, only = -1) {
    this.all = new RegExp(source, foldCase ? 'iv' : 'v');
    this.only = only;
    for (let code = 0; code < ASCII_END; code++) this.ascii[code] = this.all.test(String.fromCharCode(code)) ? 1 : 0;
    this.mask = this.ascii.reduce((mask, flag, code) => (flag === 1 ? mask | (1n << BigInt(code)) : mask), 0n);
  }

  has(code: number): boolean {
    return code < ASCII_END ? this.ascii[code] === 1 : this.all.test(String.fromCodePoint(code));
  }
}

/** Makes sets, each only once: a table of routes repeats the same few. */
export class CharClasses {
  private readonly known = new Map<string, CharClass>();

  /** @throws SyntaxError as `CharClass` does */
  of(source: string, foldCase: boolean): CharClass {
    return this.remember(`${foldCase ? 'i' : ''}${source}`, () => new CharClass(source, foldCase));
  }

  /** The set of one character, or of its cases. */
  ofCode(code: number, foldCase: boolean): CharClass {
    const folded = foldCase && hasCases(code);
    const source = codeSource(code);
    return this.remember(`${folded ? 'i' : ''}${source}`, () => new CharClass(source, folded, folded ? -1 : code));
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

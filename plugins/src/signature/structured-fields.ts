/** The part of Structured Field Values (RFC 9651) that signatures and digests use. */

/** A parameter's or item's value. */
export type Bare = string | number | boolean | Uint8Array;

/** `("@method" "date");created=1`: items with their parameters, and the list's own. */
export interface InnerList {
  readonly items: readonly { readonly value: string; readonly parameters: ReadonlyMap<string, Bare> }[];
  readonly parameters: ReadonlyMap<string, Bare>;
  /** The member's text as sent: `@signature-params` is signed in the sender's own serialisation. */
  readonly source: string;
}

export type Member = InnerList | Uint8Array;

const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const INTEGER = /-?[0-9]{1,15}(?![0-9.])/y;
const STRING = /"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y;
const BYTES = /:([A-Za-z0-9+/]*={0,2}):/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
const SPACE = /[ \t]*/y;
const MEMBERS_MAX = 20;
const ITEMS_MAX = 50;

class SyntaxFault extends Error {}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  dictionary(): Map<string, Member> {
    const members = new Map<string, Member>();
    this.take(SPACE);
    while (this.at < this.text.length) {
      const key = this.must(KEY)[0]!;
      this.char('=');
      // A name that stands twice is ambiguous: readers differ in which they take.
      if (members.has(key) || members.size >= MEMBERS_MAX) throw new SyntaxFault();
      members.set(key, this.text[this.at] === '(' ? this.innerList() : this.bytes());
      this.take(SPACE);
      if (this.at === this.text.length) break;
      this.char(',');
      this.take(SPACE);
      if (this.at === this.text.length) throw new SyntaxFault();
    }
    return members;
  }

  private innerList(): InnerList {
    const start = this.at;
    const items: InnerList['items'][number][] = [];
    this.char('(');
    for (;;) {
      this.take(SPACE);
      if (this.text[this.at] === ')') break;
      items.push({ value: this.string(), parameters: this.parameters() });
      if (items.length > ITEMS_MAX || (this.text[this.at] !== ' ' && this.text[this.at] !== ')')) throw new SyntaxFault();
    }
    this.char(')');
    const parameters = this.parameters();
    return { items, parameters, source: this.text.slice(start, this.at) };
  }

  private parameters(): Map<string, Bare> {
    const found = new Map<string, Bare>();
    while (this.text[this.at] === ';') {
      this.at += 1;
      this.take(SPACE);
      const key = this.must(KEY)[0]!;
      if (found.has(key) || found.size >= MEMBERS_MAX) throw new SyntaxFault();
      found.set(key, this.text[this.at] === '=' ? this.bare() : true);
    }
    return found;
  }

  private bare(): Bare {
    this.char('=');
    switch (this.text[this.at]) {
      case '"':
        return this.string();
      case ':':
        return this.bytes();
      case '?':
        return this.must(/\?[01]/y)[0] === '?1';
      default: {
        const integer = this.take(INTEGER);
        return integer ? Number(integer[0]) : this.must(TOKEN)[0]!;
      }
    }
  }

  private string(): string {
    return this.must(STRING)[1]!.replace(/\\(["\\])/g, '$1');
  }

  private bytes(): Uint8Array {
    return Buffer.from(this.must(BYTES)[1]!, 'base64');
  }

  private char(wanted: string): void {
    if (this.text[this.at] !== wanted) throw new SyntaxFault();
    this.at += 1;
  }

  private must(pattern: RegExp): RegExpExecArray {
    const match = this.take(pattern);
    if (!match) throw new SyntaxFault();
    return match;
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match) this.at = pattern.lastIndex;
    return match;
  }
}

/** A dictionary of inner lists and byte sequences; null for anything else. */
export function parseDictionary(text: string): Map<string, Member> | null {
  try {
    return new Reader(text).dictionary();
  } catch (error) {
    if (error instanceof SyntaxFault) return null;
    throw error;
  }
}

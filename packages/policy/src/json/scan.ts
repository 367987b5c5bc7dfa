/** Checks a JSON text in one pass, without building its value: grammar (RFC 8259), bounds, and keys. */

/** Bounds of a text; lengths in UTF-16 code units, of strings as sent. */
export interface JsonLimits {
  readonly maxDepth: number;
  readonly maxKeys: number;
  readonly maxItems: number;
  readonly maxKeyLength: number;
  readonly maxStringLength: number;
  readonly duplicateKeys: boolean;
}

export type JsonFault =
  | 'not-json'
  | 'json-depth'
  | 'json-keys'
  | 'json-items'
  | 'json-key-length'
  | 'json-string-length'
  | 'json-duplicate-key'
  | 'nul-byte';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map((char) => char.charCodeAt(0)));
const HEX4 = /[0-9a-fA-F]{4}/y;

class Fault extends Error {
  constructor(readonly fault: JsonFault) {
    super(fault);
  }
}

interface Frame {
  /** Null in a list. */
  readonly keys: Set<string> | null;
  count: number;
}

/** What a key's name is refused for, or null; given the key with its escapes resolved. */
export type KeyRule<T extends string> = (key: string) => T | null;

class Scanner<T extends string> {
  private at = 0;
  private readonly frames: Frame[] = [];
  private keyFault: T | null = null;

  constructor(
    private readonly text: string,
    private readonly limits: JsonLimits,
    private readonly keyRule: KeyRule<T>,
  ) {}

  /** Throws a Fault for what is no JSON; a refused key is reported only when the text is JSON. */
  run(): T | null {
    this.space();
    this.value();
    while (this.frames.length > 0) {
      this.space();
      if (this.frames.at(-1)!.keys) this.inObject();
      else this.inList();
    }
    this.space();
    if (this.at !== this.text.length) throw new Fault('not-json');
    return this.keyFault;
  }

  private inObject(): void {
    const frame = this.frames.at(-1)!;
    const code = this.code();
    if (code === CLOSE_OBJECT) return this.close();
    if (frame.count > 0) this.expect(COMMA);
    this.space();
    this.key(frame);
    this.space();
    this.expect(COLON);
    this.space();
    this.value();
  }

  private inList(): void {
    const frame = this.frames.at(-1)!;
    if (this.code() === CLOSE_LIST) return this.close();
    if (frame.count > 0) this.expect(COMMA);
    frame.count += 1;
    if (frame.count > this.limits.maxItems) throw new Fault('json-items');
    this.space();
    this.value();
  }

  private close(): void {
    this.at += 1;
    this.frames.pop();
  }

  private key(frame: Frame): void {
    const raw = this.string();
    const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
    if (key.length > this.limits.maxKeyLength) throw new Fault('json-key-length');
    const keys = frame.keys!;
    if (!this.limits.duplicateKeys && keys.has(key)) throw new Fault('json-duplicate-key');
    keys.add(key);
    frame.count += 1;
    if (frame.count > this.limits.maxKeys) throw new Fault('json-keys');
    this.keyFault ??= this.keyRule(key);
  }

  /** A value up to its end, or an object's or list's opening. */
  private value(): void {
    const code = this.code();
    if (code === OPEN_OBJECT) return this.open(new Set());
    if (code === OPEN_LIST) return this.open(null);
    if (code === QUOTE) return void this.string();
    if (this.literal('true') || this.literal('false') || this.literal('null')) return;
    NUMBER.lastIndex = this.at;
    if (!NUMBER.test(this.text)) throw new Fault('not-json');
    this.at = NUMBER.lastIndex;
  }

  private open(keys: Set<string> | null): void {
    this.at += 1;
    if (this.frames.length >= this.limits.maxDepth) throw new Fault('json-depth');
    this.frames.push({ keys, count: 0 });
  }

  private literal(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  /** A string's inside, with its escapes as sent. */
  private string(): string {
    this.expect(QUOTE);
    const start = this.at;
    for (;;) {
      const code = this.code();
      if (code === QUOTE) break;
      if (code < 0x20) throw new Fault('not-json');
      this.at += 1;
      if (code === BACKSLASH) this.escape();
      if (this.at - start > this.limits.maxStringLength) throw new Fault('json-string-length');
    }
    const inside = this.text.slice(start, this.at);
    this.at += 1;
    return inside;
  }

  private escape(): void {
    const code = this.code();
    this.at += 1;
    if (SIMPLE_ESCAPES.has(code)) return;
    HEX4.lastIndex = this.at;
    if (code !== 0x75 || !HEX4.test(this.text)) throw new Fault('not-json');
    if (this.text.startsWith('0000', this.at)) throw new Fault('nul-byte');
    this.at += 4;
  }

  private expect(wanted: number): void {
    if (this.code() !== wanted) throw new Fault('not-json');
    this.at += 1;
  }

  /** NaN past the end: no comparison holds, and every caller ends in a Fault. */
  private code(): number {
    const code = this.text.charCodeAt(this.at);
    if (Number.isNaN(code)) throw new Fault('not-json');
    return code;
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at += 1;
    }
  }
}

/** What is wrong with a JSON text: its form, a bound, or what `keyRule` says of a key; null for nothing. */
export function scanJson<T extends string>(text: string, limits: JsonLimits, keyRule: KeyRule<T>): JsonFault | T | null {
  try {
    return new Scanner(text, limits, keyRule).run();
  } catch (error) {
    if (error instanceof Fault) return error.fault;
    throw error;
  }
}

const UNFIT = /[\r\n\0]|[^\x00-\xff]/;
const WIDE = /[^\x00-\xff]/;

/**
 * A value that can't begin another line: what plugins compute from a client's input must not split the head. Heads are written
 * one byte a character, so text beyond that becomes its UTF-8 bytes; cut to a byte, U+010A would be a line end.
 */
function oneLine(value: string): string {
  if (!UNFIT.test(value)) return value;
  const bytes = WIDE.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value;
  return bytes.replace(/[\r\n\0]+/g, ' ');
}

/**
 * A header block that keeps order, spelling and repetition, as a proxy must, and looks names up without case.
 * Parallel arrays, because one is made per request and per answer. Keys given to the methods are lower-case.
 */
export class HeaderList {
  /** As spelled. */
  readonly names: string[] = [];
  /** Lower-case, same positions. */
  readonly keys: string[] = [];
  readonly values: string[] = [];

  static from(pairs: Iterable<readonly [string, string]>): HeaderList {
    const list = new HeaderList();
    for (const [name, value] of pairs) list.add(name, value);
    return list;
  }

  get size(): number {
    return this.keys.length;
  }

  /** The first value of a name, or undefined. */
  get(key: string): string | undefined {
    const i = this.keys.indexOf(key);
    return i < 0 ? undefined : this.values[i];
  }

  getAll(key: string): string[] {
    return this.values.filter((_, i) => this.keys[i] === key);
  }

  has(key: string): boolean {
    return this.keys.includes(key);
  }

  /** Appends a line, whatever is there. */
  add(name: string, value: string): void {
    this.push(name, name.toLowerCase(), oneLine(value));
  }

  /** Appends a line whose lower-case key is known and whose value a parser has checked. */
  push(name: string, key: string, value: string): void {
    this.names.push(name);
    this.keys.push(key);
    this.values.push(value);
  }

  /** Puts the lines of another list before these. */
  putFirst(others: HeaderList): void {
    this.names.unshift(...others.names);
    this.keys.unshift(...others.keys);
    this.values.unshift(...others.values);
  }

  /** Replaces all lines of this name by one, at the place of the first. */
  set(name: string, value: string): void {
    const key = name.toLowerCase();
    const i = this.keys.indexOf(key);
    if (i < 0) {
      this.push(name, key, oneLine(value));
      return;
    }
    this.names[i] = name;
    this.values[i] = oneLine(value);
    this.dropFrom(i + 1, key);
  }

  /** Removes all lines of this name. */
  remove(key: string): void {
    this.dropFrom(0, key);
  }

  /** Removes the line at a position. */
  removeAt(i: number): void {
    this.names.splice(i, 1);
    this.keys.splice(i, 1);
    this.values.splice(i, 1);
  }

  *entries(): IterableIterator<[name: string, value: string]> {
    for (let i = 0; i < this.keys.length; i++) yield [this.names[i]!, this.values[i]!];
  }

  clone(): HeaderList {
    const list = new HeaderList();
    for (let i = 0; i < this.keys.length; i++) list.push(this.names[i]!, this.keys[i]!, this.values[i]!);
    return list;
  }

  private dropFrom(start: number, key: string): void {
    for (let i = this.keys.indexOf(key, start); i >= 0; i = this.keys.indexOf(key, i)) this.removeAt(i);
  }
}

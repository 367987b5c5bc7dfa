import { StringDecoder } from 'node:string_decoder';

const MAX_LINE = 16 * 1024;

/** Cuts a stream of bytes into lines; a line past 16 KiB is cut in two. */
export class Lines {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** @param each gets every whole line, without its end. */
  constructor(private readonly each: (line: string) => void) {}

  /** Takes the next bytes. */
  push(chunk: Buffer): void {
    const parts = (this.#rest + this.#decoder.write(chunk)).split(/\r?\n/);
    this.#rest = parts.pop() ?? '';
    for (const line of parts) this.each(line);
    while (this.#rest.length > MAX_LINE) {
      this.each(this.#rest.slice(0, MAX_LINE));
      this.#rest = this.#rest.slice(MAX_LINE);
    }
  }

  /** No more comes: what is left is the last line. */
  end(): void {
    const last = this.#rest + this.#decoder.end();
    this.#rest = '';
    if (last !== '') this.each(last);
  }
}

/** multipart/form-data bodies (RFC 7578), read and written as Kong's lua-multipart does. All strings are bytes. */

export interface Part {
  readonly name: string | null;
  /** Lines without the last line end. */
  readonly headers: string;
  readonly value: string;
}

const BOUNDARY = /boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/;
const NAME = /^content-disposition:.*?[;\s]name=(?:"([^"]*)"|([^;\s]*))/im;
const PARTS_MAX = 1000;

function readPart(text: string): Part {
  const blank = text.indexOf('\r\n\r\n');
  const headers = blank < 0 ? text : text.slice(0, blank);
  const match = NAME.exec(headers);
  return { name: match?.[1] ?? match?.[2] ?? null, headers, value: blank < 0 ? '' : text.slice(blank + 4) };
}

const UNSAFE_IN_NAME = /["\r\n]/g;
const escapes: Readonly<Record<string, string>> = { '"': '%22', '\r': '%0D', '\n': '%0A' };

function simple(name: string, value: string): Part {
  const quoted = name.replace(UNSAFE_IN_NAME, (char) => escapes[char]!);
  return { name, headers: `Content-Disposition: form-data; name="${quoted}"`, value };
}

export class MultipartForm {
  private constructor(
    private parts: Part[],
    private readonly boundary: string,
  ) {}

  /** Null without a boundary, or with more than 1000 parts. An empty body has no parts. */
  static parse(body: string, contentType: string): MultipartForm | null {
    const match = BOUNDARY.exec(contentType);
    const boundary = match?.[1] ?? match?.[2];
    if (boundary === undefined) return null;
    const pieces = `\r\n${body}`.split(`\r\n--${boundary}`, PARTS_MAX + 3).slice(1);
    if (pieces.length > PARTS_MAX + 1) return null;
    const parts = pieces.filter((piece) => piece.startsWith('\r\n')).map((piece) => readPart(piece.slice(2)));
    return new MultipartForm(parts, boundary);
  }

  get list(): readonly Part[] {
    return this.parts;
  }

  /** The first part of that name. */
  get(name: string): Part | undefined {
    return this.parts.find((part) => part.name === name);
  }

  /** Removes all parts of that name. */
  delete(name: string): void {
    this.parts = this.parts.filter((part) => part.name !== name);
  }

  /** Replaces the first part of that name, or adds one at the end. */
  set(name: string, value: string): void {
    const at = this.parts.findIndex((part) => part.name === name);
    if (at < 0) this.parts.push(simple(name, value));
    else this.parts[at] = simple(name, value);
  }

  /** Nothing at all without parts, as Kong's library writes it. */
  toString(): string {
    const { boundary } = this;
    if (this.parts.length === 0) return '';
    return `${this.parts.map((part) => `--${boundary}\r\n${part.headers}\r\n\r\n${part.value}\r\n`).join('')}--${boundary}--\r\n`;
  }
}

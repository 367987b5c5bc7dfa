/** Reads requests as strictly as RFC 9112 allows and stricter than any server: what it takes, every service takes alike. */

/** One request as it stood on the wire. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  /** Name in lower case, value as sent; in order. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

/** The bytes are no request in the one form that everybody reads alike. */
export class StrictFault extends Error {
  readonly code = 'STRICT_PARSER_FAULT';
}

const REQUEST_LINE = /^([A-Z_-]+) (\/[\x21-\x7e\x80-\xff]*) HTTP\/1\.1$/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([^\0\r\n]*)$/;
const CHUNK_SIZE = /^[0-9a-f]{1,12}$/;

type Framing = { readonly kind: 'length'; readonly bytes: number } | { readonly kind: 'chunked' };

interface Head {
  readonly method: string;
  readonly target: string;
  readonly headers: [string, string][];
  readonly framing: Framing;
}

function framingOf(headers: readonly (readonly [string, string])[]): Framing {
  const all = (wanted: string): string[] => headers.filter(([name]) => name === wanted).map(([, value]) => value);
  const [lengths, codings, hosts] = [all('content-length'), all('transfer-encoding'), all('host')];
  if (hosts.length !== 1 || hosts[0] === '') throw new StrictFault(`${hosts.length} Host lines`);
  if (lengths.length + codings.length > 1) throw new StrictFault('more than one framing header');
  if (codings.length === 1) {
    if (codings[0] !== 'chunked') throw new StrictFault(`coding ${codings[0]}`);
    return { kind: 'chunked' };
  }
  const [length = '0'] = lengths;
  if (!/^\d{1,12}$/.test(length)) throw new StrictFault(`length ${length}`);
  return { kind: 'length', bytes: Number(length) };
}

function readHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const line = REQUEST_LINE.exec(first);
  if (!line) throw new StrictFault(`request line ${JSON.stringify(first)}`);
  const headers = lines.map((header): [string, string] => {
    const match = HEADER.exec(header);
    if (!match) throw new StrictFault(`header line ${JSON.stringify(header)}`);
    return [match[1]!.toLowerCase(), match[2]!];
  });
  return { method: line[1]!, target: line[2]!, headers, framing: framingOf(headers) };
}

/** Takes the bytes of one connection in pieces and gives the requests in them. */
export class StrictParser {
  private pending: Buffer = Buffer.alloc(0);
  private head: Head | null = null;
  private parts: Buffer[] = [];

  constructor(
    private readonly onHead: (head: Omit<Seen, 'body'>) => void,
    private readonly onRequest: (seen: Seen) => void,
  ) {}

  /** Bytes of a request that is not complete. */
  get unfinished(): boolean {
    return this.head !== null || this.pending.length > 0;
  }

  /** @throws StrictFault */
  push(bytes: Buffer): void {
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    while (this.head ? this.readBody(this.head) : this.takeHead());
  }

  /** True when there may be more to read. */
  private takeHead(): boolean {
    const end = this.pending.indexOf('\r\n\r\n');
    if (end < 0) return false;
    this.head = readHead(this.pending.toString('latin1', 0, end));
    this.pending = this.pending.subarray(end + 4);
    this.onHead(this.head);
    return true;
  }

  private readBody(head: Head): boolean {
    if (head.framing.kind === 'chunked') return this.readChunk(head);
    if (this.pending.length < head.framing.bytes) return false;
    this.parts.push(this.take(head.framing.bytes));
    return this.finish(head);
  }

  private readChunk(head: Head): boolean {
    const lineEnd = this.pending.indexOf('\r\n');
    if (lineEnd < 0) return false;
    const text = this.pending.toString('latin1', 0, lineEnd);
    if (!CHUNK_SIZE.test(text)) throw new StrictFault(`chunk size ${JSON.stringify(text)}`);
    const size = Number.parseInt(text, 16);
    if (this.pending.length < lineEnd + 2 + size + 2) return false;
    this.take(lineEnd + 2);
    this.parts.push(this.take(size));
    if (this.take(2).toString('latin1') !== '\r\n') throw new StrictFault('no line end after a chunk');
    return size === 0 ? this.finish(head) : true;
  }

  private finish(head: Head): boolean {
    const { method, target, headers } = head;
    this.onRequest({ method, target, headers, body: Buffer.concat(this.parts) });
    this.head = null;
    this.parts = [];
    return this.pending.length > 0;
  }

  private take(bytes: number): Buffer {
    const taken = this.pending.subarray(0, bytes);
    this.pending = this.pending.subarray(bytes);
    return taken;
  }
}

/** A client that sends any bytes and reads answers as they are. */
import net from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Name in lower case; the last of several lines. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What was received, taken apart. `rest`: bytes that form no complete answer. */
export interface Answers {
  /** Without interim ones. */
  readonly list: RawAnswer[];
  readonly interim: number[];
  readonly rest: string;
}

const CHUNK = /^([0-9a-f]+)\r\n/i;

function chunkedEnd(text: string, from: number): { body: string; next: number } | null {
  let body = '';
  for (let at = from; ; ) {
    const size = CHUNK.exec(text.slice(at, at + 20));
    if (!size) return null;
    const bytes = Number.parseInt(size[1]!, 16);
    const start = at + size[0].length;
    if (text.length < start + bytes + 2) return null;
    body += text.slice(start, start + bytes);
    at = start + bytes + 2;
    if (bytes === 0) return { body, next: at };
  }
}

function bodyOf(text: string, from: number, headers: Map<string, string>, ended: boolean): { body: string; next: number } | null {
  if (headers.get('transfer-encoding') === 'chunked') return chunkedEnd(text, from);
  const length = headers.get('content-length');
  if (length === undefined) return ended ? { body: text.slice(from), next: text.length } : null;
  const next = from + Number(length);
  return text.length < next ? null : { body: text.slice(from, next), next };
}

/**
 * @param bodiless which answers, by position, have no body (those to HEAD)
 * @param ended whether the connection has ended, which completes a body without a length
 */
export function parseAnswers(text: string, bodiless: readonly boolean[] = [], ended = true): Answers {
  const list: RawAnswer[] = [];
  const interim: number[] = [];
  let at = 0;
  for (;;) {
    const end = text.indexOf('\r\n\r\n', at);
    const line = /^HTTP\/1\.1 (\d{3}) /.exec(text.slice(at, at + 13));
    if (end < 0 || !line) return { list, interim, rest: text.slice(at) };
    const status = Number(line[1]);
    const headers = new Map<string, string>();
    for (const header of text.slice(at, end).split('\r\n').slice(1)) {
      const colon = header.indexOf(':');
      headers.set(header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim());
    }
    if (status < 200) {
      interim.push(status);
      at = end + 4;
      if (status === 101) return { list, interim, rest: text.slice(at) };
      continue;
    }
    const none = status === 204 || status === 304 || bodiless[list.length] === true;
    const body = none ? { body: '', next: end + 4 } : bodyOf(text, end + 4, headers, ended);
    if (!body) return { list, interim, rest: text.slice(at) };
    list.push({ status, headers, body: body.body });
    at = body.next;
  }
}

const PATIENCE_MS = 10_000;

export class RawClient {
  /** Received so far, one character a byte. */
  text = '';
  ended = false;
  reset = false;
  readonly closed: Promise<void>;
  private readonly waiting = new Set<() => void>();

  private constructor(readonly socket: net.Socket) {
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      this.text += data.toString('latin1');
      this.wake();
    });
    socket.on('end', () => {
      this.ended = true;
      this.wake();
    });
    socket.on('error', () => {
      this.reset = true;
    });
    socket.on('close', () => {
      this.ended = true;
      this.wake();
    });
  }

  /** @param localAddress another address of the loopback network, by which the gateway tells clients apart */
  static async connect(port: number, localAddress = '127.0.0.1'): Promise<RawClient> {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, localAddress });
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    return client;
  }

  /** Each piece leaves in a segment of its own as far as the system allows. */
  async send(...pieces: readonly (string | Buffer)[]): Promise<this> {
    for (const piece of pieces) {
      this.socket.write(piece, 'latin1');
      if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
    }
    return this;
  }

  answers(bodiless: readonly boolean[] = []): Answers {
    return parseAnswers(this.text, bodiless, this.ended);
  }

  /** Resolves once `count` answers are here, or the connection ended. */
  async answered(count = 1, bodiless: readonly boolean[] = []): Promise<RawAnswer[]> {
    await this.when(() => this.ended || this.answers(bodiless).list.length >= count);
    return this.answers(bodiless).list;
  }

  /** Resolves when the other side ended the connection; our side ends, too. */
  async end(): Promise<this> {
    await this.when(() => this.ended);
    this.socket.destroy();
    return this;
  }

  /** Resolves when something holds of what was received. Throws when that takes unreasonably long. */
  async when(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`waited in vain; received so far: ${this.text.slice(0, 2000)}`)), PATIENCE_MS);
        const wake = (): void => {
          this.waiting.delete(wake);
          clearTimeout(timer);
          resolve();
        };
        this.waiting.add(wake);
      });
    }
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Closes so that the other side sees a reset. */
  abort(): void {
    this.socket.resetAndDestroy();
  }

  private wake(): void {
    for (const wake of [...this.waiting]) wake();
  }
}

/** The client in front of the gateway: sends a case's bytes and reads what comes back. Connections may be shared between requests. */
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HeaderLines, RequestItem } from './case-file.js';
import { formatMessage, headerOf, linesOf, type Message, takeMessage } from './raw-http.js';

/** What the client saw of one request. */
export interface Answered {
  readonly status: number | 'raw' | 'closed' | 'timeout';
  readonly headers: HeaderLines;
  readonly body: Buffer;
  readonly trailers: readonly string[];
  readonly truncated: boolean;
  /** Statuses of interim answers before the last one. */
  readonly interim: readonly number[];
  readonly tunnel?: string | null;
  readonly closes?: boolean;
  readonly streamed?: boolean;
}

const NOTHING = Buffer.alloc(0);
const PATIENCE_MS = 5000;
const CLOSE_WAIT_MS = 200;
/** A piece counts as streamed when it came this long before the upstream's last. */
const STREAM_MARGIN_MS = 30;

class ClientConnection {
  bytes: Buffer = NOTHING;
  ended = false;
  /** Unix ms at which the first byte behind a head came. */
  bodyAt = 0;
  private wake: () => void = () => undefined;

  constructor(readonly socket: net.Socket) {
    socket.on('data', (data) => {
      this.bytes = Buffer.concat([this.bytes, data]);
      // The head may come alone.
      if (this.bodyAt === 0 && !this.bytes.subarray(-4).equals(Buffer.from('\r\n\r\n'))) this.bodyAt = Date.now();
      this.wake();
    });
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.ended = true;
        this.wake();
      });
    }
  }

  /** The first result of `test` that is not null or false; null when the time is over. */
  async until<T>(test: () => T | null | false, deadline: number): Promise<T | null> {
    for (;;) {
      const result = test();
      if (result) return result;
      const left = deadline - Date.now();
      if (left <= 0) return null;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** Bytes of a request, in the pieces in which they are sent. */
export function requestBytes(send: RequestItem['send'], expand: (text: string) => string): Buffer[] {
  if (typeof send === 'string') return [Buffer.from(expand(send), 'latin1')];
  if (isPieces(send)) return send.map((piece) => Buffer.from(expand(piece), 'latin1'));
  const headers = linesOf(send.headers).map(([name, value]): [string, string] => [name, expand(value)]);
  if (headerOf(headers, 'host') === undefined) headers.unshift(['Host', 'kong.test']);
  const start = `${send.method ?? 'GET'} ${expand(send.path ?? '/')} HTTP/${send.version ?? '1.1'}`;
  return [formatMessage(start, headers, send.body === undefined ? undefined : expand(send.body), send.method === 'HEAD')];
}

function isPieces(send: RequestItem['send']): send is readonly string[] {
  return Array.isArray(send);
}

export class Client {
  private readonly shared = new Map<string, ClientConnection>();

  constructor(
    private readonly port: number,
    /** When an upstream last wrote a piece, Unix ms. */
    private readonly lastUpstreamWrite: () => number,
  ) {}

  /** Sends one request and waits for its answer. */
  async exchange(item: RequestItem, pieces: readonly Buffer[]): Promise<Answered> {
    const connection = this.connectionFor(item.conn);
    const deadline = Date.now() + (item.timeout ?? PATIENCE_MS);
    await this.send(connection, pieces, item);
    const method = pieces[0]!.toString('latin1', 0, 20).split(' ')[0]!;
    const { message, interim } = await this.read(connection, method, deadline);
    const extras = await this.observeConnection(connection, item, message?.status ?? null, deadline);
    if (item.conn === undefined) connection.socket.destroy();
    const base = message ?? { status: connection.ended ? ('closed' as const) : ('timeout' as const), ...EMPTY };
    return { ...base, status: base.status ?? 'raw', interim, ...extras };
  }

  close(): void {
    for (const { socket } of this.shared.values()) socket.destroy();
    this.shared.clear();
  }

  private connectionFor(name: string | undefined): ClientConnection {
    const known = name === undefined ? undefined : this.shared.get(name);
    if (known) return known;
    const made = new ClientConnection(net.connect({ host: '127.0.0.1', port: this.port, allowHalfOpen: true }));
    if (name !== undefined) this.shared.set(name, made);
    return made;
  }

  private async send(connection: ClientConnection, pieces: readonly Buffer[], item: RequestItem): Promise<void> {
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) await sleep(item.gap ?? 100);
      if (!connection.ended) connection.socket.write(piece);
    }
    if (item.halfClose) connection.socket.end();
  }

  private async read(
    connection: ClientConnection,
    method: string,
    deadline: number,
  ): Promise<{ message: Message | null; interim: number[] }> {
    const interim: number[] = [];
    for (;;) {
      const message = await connection.until(
        () => takeMessage(connection.bytes, { answers: method, ended: connection.ended }) ?? (connection.ended ? 'ended' : null),
        deadline,
      );
      if (message === null || message === 'ended') return { message: null, interim };
      connection.bytes = message.rest;
      const { status } = message;
      if (typeof status !== 'number' || status >= 200 || status === 101 || Number.isNaN(status)) return { message, interim };
      interim.push(status);
    }
  }

  private async observeConnection(
    connection: ClientConnection,
    item: RequestItem,
    status: Message['status'],
    deadline: number,
  ): Promise<Pick<Answered, 'tunnel' | 'closes' | 'streamed'>> {
    const extras: { tunnel?: string | null; closes?: boolean; streamed?: boolean } = {};
    if (status === 101 && item.tunnel !== undefined) {
      const { length } = item.tunnel;
      connection.socket.write(Buffer.from(item.tunnel, 'latin1'));
      const echoed = await connection.until(() => connection.bytes.length >= length && connection.bytes, deadline);
      extras.tunnel = echoed?.toString('latin1') ?? null;
    }
    if (item.checkStream) extras.streamed = connection.bodyAt > 0 && connection.bodyAt < this.lastUpstreamWrite() - STREAM_MARGIN_MS;
    if (item.checkClose) {
      await connection.until(() => connection.ended, Math.min(deadline, Date.now() + CLOSE_WAIT_MS));
      extras.closes = connection.ended;
    }
    return extras;
  }
}

const EMPTY = { headers: [], body: NOTHING, trailers: [], truncated: false } as const;

/** The unix sockets of the Lua in a double: opened, read and written on its behalf, kept in pools as OpenResty does. */
import net from 'node:net';

/** What Lua hears of an operation. */
export type SocketAnswer = { readonly conn?: number; readonly reused?: number; readonly data?: string; readonly err?: string };
type Tell = (answer: SocketAnswer) => void;

/** A line, what there is, or so many bytes. */
export type Pattern = '*l' | 'any' | number;

/** Errors as OpenResty words them. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: 'no such file or directory',
  ECONNRESET: 'connection reset by peer',
  EPIPE: 'broken pipe',
};
const POOL_MAX = 128;
const wordsFor = (error: NodeJS.ErrnoException): string => WORDS[error.code ?? ''] ?? error.message;

class Connection {
  uses = 0;
  ended: string | null = null;
  private buffer: Buffer = Buffer.alloc(0);
  private waiting: { readonly pattern: Pattern; readonly tell: Tell; readonly timer: NodeJS.Timeout } | null = null;

  constructor(
    readonly socket: net.Socket,
    readonly pool: string,
  ) {
    socket.on('data', (piece) => {
      this.buffer = this.buffer.length === 0 ? piece : Buffer.concat([this.buffer, piece]);
      this.serve();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.end(wordsFor(error)));
    socket.on('close', () => this.end('closed'));
    socket.on('end', () => this.end('closed'));
  }

  send(data: string, tell: Tell): void {
    if (this.ended !== null) return tell({ err: this.ended });
    this.socket.write(data, 'latin1', (error) => tell(error ? { err: 'broken pipe' } : {}));
  }

  receive(pattern: Pattern, timeoutMs: number, tell: Tell): void {
    const waiting = { pattern, tell, timer: setTimeout(() => setImmediate(expire), timeoutMs) };
    // As in nginx, what the socket has is read before a timer counts.
    const expire = (): void => {
      if (this.waiting !== waiting) return;
      this.waiting = null;
      tell({ err: 'timeout' });
    };
    this.waiting = waiting;
    this.serve();
  }

  private end(why: string): void {
    this.ended ??= why;
    this.serve();
  }

  /** How many bytes to give, and how many to take; null while they are not all there. */
  private ready(pattern: Pattern): readonly [give: number, take: number] | null {
    const { length } = this.buffer;
    if (pattern === 'any') return length > 0 ? [length, length] : null;
    if (pattern === '*l') {
      const end = this.buffer.indexOf(0x0a);
      return end < 0 ? null : [end, end + 1];
    }
    return length >= pattern ? [pattern, pattern] : null;
  }

  private serve(): void {
    const { waiting } = this;
    if (!waiting) return;
    const ready = this.ready(waiting.pattern);
    if (ready === null && this.ended === null) return;
    this.waiting = null;
    clearTimeout(waiting.timer);
    if (ready === null) return waiting.tell({ err: this.ended ?? 'closed' });
    const data = this.buffer.toString('latin1', 0, ready[0]);
    this.buffer = this.buffer.subarray(ready[1]);
    waiting.tell({ data });
  }
}

/** All connections of one worker. */
export class LuaSockets {
  private readonly connections = new Map<number, Connection>();
  private readonly idle = new Map<string, number[]>();
  private last = 0;

  /** A kept connection of the pool, the latest first, else a new one. */
  connect(path: string, pool: string, timeoutMs: number | undefined, tell: Tell): void {
    const kept = this.fromPool(pool);
    if (kept) return tell(kept);
    const socket = net.connect(path);
    const id = ++this.last;
    let done = false;
    const once = (answer: SocketAnswer): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      tell(answer);
    };
    const expire = (): void => {
      if (done) return;
      once({ err: 'timeout' });
      socket.destroy();
    };
    const timer = setTimeout(() => setImmediate(expire), timeoutMs ?? 60_000);
    socket.on('error', (error: NodeJS.ErrnoException) => once({ err: wordsFor(error) }));
    socket.once('connect', () => {
      this.connections.set(id, new Connection(socket, pool));
      once({ conn: id, reused: 0 });
    });
  }

  send(id: number, data: string, tell: Tell): void {
    const connection = this.connections.get(id);
    if (connection) connection.send(data, tell);
    else tell({ err: 'closed' });
  }

  receive(id: number, pattern: Pattern, timeoutMs: number, tell: Tell): void {
    const connection = this.connections.get(id);
    if (connection) connection.receive(pattern, timeoutMs, tell);
    else tell({ err: 'closed' });
  }

  /** Puts a connection into its pool. */
  keep(id: number): void {
    const connection = this.connections.get(id);
    if (!connection) return;
    const list = this.idle.get(connection.pool) ?? [];
    this.idle.set(connection.pool, list);
    connection.uses++;
    if (connection.ended !== null || list.length >= POOL_MAX) this.close(id);
    else list.push(id);
  }

  close(id: number): void {
    this.connections.get(id)?.socket.destroy();
    this.connections.delete(id);
  }

  closeAll(): void {
    for (const id of [...this.connections.keys()]) this.close(id);
  }

  /** One whose peer has closed it is gone from a pool as soon as that is seen, as in nginx. */
  private fromPool(pool: string): SocketAnswer | null {
    const list = this.idle.get(pool);
    for (let id = list?.pop(); id !== undefined; id = list?.pop()) {
      const connection = this.connections.get(id);
      if (connection && connection.ended === null) return { conn: id, reused: connection.uses };
      this.close(id);
    }
    return null;
  }
}

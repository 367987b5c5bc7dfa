/** The unix sockets of the Lua in a double: opened, read and written on its behalf. */
import net from 'node:net';

/** What Lua hears of an operation. */
export type SocketAnswer = { readonly conn?: number; readonly data?: string; readonly err?: string };

type Pattern = '*l' | 'any' | number;

interface Waiting {
  readonly pattern: Pattern;
  readonly answer: (answer: SocketAnswer) => void;
  readonly timer: NodeJS.Timeout;
}

/** Errors as OpenResty words them. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: 'no such file or directory',
  ECONNRESET: 'connection reset by peer',
  EPIPE: 'broken pipe',
};

class Connection {
  private buffer: Buffer = Buffer.alloc(0);
  private ended: string | null = null;
  private waiting: Waiting | null = null;

  constructor(readonly socket: net.Socket) {
    socket.on('data', (piece) => {
      this.buffer = Buffer.concat([this.buffer, piece]);
      this.serve();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.end(WORDS[error.code ?? ''] ?? error.message));
    socket.on('close', () => this.end('closed'));
    socket.on('end', () => this.end('closed'));
  }

  send(data: Buffer, answer: (answer: SocketAnswer) => void): void {
    if (this.ended !== null) return answer({ err: this.ended });
    this.socket.write(data, (error) => answer(error ? { err: 'broken pipe' } : {}));
  }

  receive(pattern: Pattern, timeoutMs: number, answer: (answer: SocketAnswer) => void): void {
    const timer = setTimeout(() => {
      this.waiting = null;
      answer({ err: 'timeout' });
    }, timeoutMs);
    this.waiting = { pattern, answer, timer };
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
    if (ready === null) return waiting.answer({ err: this.ended ?? 'closed' });
    const data = this.buffer.toString('base64', 0, ready[0]);
    this.buffer = this.buffer.subarray(ready[1]);
    waiting.answer({ data });
  }
}

export class LuaSockets {
  private readonly connections = new Map<number, Connection>();
  private last = 0;

  connect(path: string, answer: (answer: SocketAnswer) => void): void {
    const socket = net.connect(path);
    const id = ++this.last;
    const failed = (error: NodeJS.ErrnoException): void => answer({ err: WORDS[error.code ?? ''] ?? error.message });
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.removeListener('error', failed);
      this.connections.set(id, new Connection(socket));
      answer({ conn: id });
    });
  }

  send(id: number, data: Buffer, answer: (answer: SocketAnswer) => void): void {
    this.connections.get(id)?.send(data, answer);
  }

  receive(id: number, pattern: Pattern, timeoutMs: number, answer: (answer: SocketAnswer) => void): void {
    this.connections.get(id)?.receive(pattern, timeoutMs, answer);
  }

  close(id: number): void {
    this.connections.get(id)?.socket.destroy();
    this.connections.delete(id);
  }

  closeAll(): void {
    for (const id of [...this.connections.keys()]) this.close(id);
  }
}

/** A service that records what reaches it and takes nothing that two servers might read in two ways. */
import net from 'node:net';
import { type Seen, StrictFault, StrictParser } from './strict-parser.js';

/** Answers one request; what it returns is written, nothing when it writes by itself. */
export type Answerer = (seen: Seen, socket: net.Socket) => string | Buffer | undefined;

export const okay = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

export interface ServiceOptions {
  answer?: Answerer;
  /** Sees a head before its body came. */
  head?: (head: Omit<Seen, 'body'>, socket: net.Socket) => void;
}

export class StrictService implements AsyncDisposable {
  /** Complete requests, in order of their last byte. */
  readonly seen: Seen[] = [];
  /** What was no request in the strict form. */
  readonly faults: string[] = [];
  /** Bytes that belong to no complete request when their connection ended. */
  cut = 0;
  heads = 0;
  accepted = 0;
  readonly open = new Set<net.Socket>();
  private readonly server: net.Server;

  private constructor(private readonly options: ServiceOptions) {
    this.server = net.createServer((socket) => this.accept(socket));
  }

  static async start(options: ServiceOptions = {}): Promise<StrictService> {
    const service = new StrictService(options);
    service.server.listen(0, '127.0.0.1');
    await new Promise((resolve) => service.server.once('listening', resolve));
    return service;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  clear(): void {
    this.seen.length = 0;
    this.faults.length = 0;
    this.cut = 0;
    this.heads = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: net.Socket): void {
    this.accepted++;
    this.open.add(socket);
    socket.setNoDelay(true);
    const parser = new StrictParser(
      (head) => {
        this.heads++;
        this.options.head?.(head, socket);
      },
      (seen) => this.take(seen, socket),
    );
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.open.delete(socket);
      if (parser.unfinished) this.cut++;
    });
    socket.on('data', (data) => {
      try {
        parser.push(data);
      } catch (error) {
        if (!(error instanceof StrictFault)) throw error;
        this.faults.push(error.message);
        socket.destroy();
      }
    });
  }

  private take(seen: Seen, socket: net.Socket): void {
    this.seen.push(seen);
    const answer = this.options.answer ? this.options.answer(seen, socket) : okay('ok');
    if (answer !== undefined) socket.write(answer, 'latin1');
  }
}

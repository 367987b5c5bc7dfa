/** Many connections that ask for one path, each again as soon as it has its answer. */
import net from 'node:net';

const LENGTH = /\r\ncontent-length: (\d+)\r\n/i;
const AGAIN_MS = 5;

/** What came: how often each status, and how often a connection ended without an answer. */
export class Flood {
  readonly statuses: Record<string, number> = {};
  broken = 0;
  /** Milliseconds of the longest wait for an answer. */
  slowest = 0;
  private stopped = false;
  private readonly sockets = new Set<net.Socket>();
  private readonly running: Promise<void>[];
  private readonly request: string;

  /** @param head lines of the head after the first, each with its end */
  constructor(
    private readonly url: URL,
    connections: number,
    head = '',
    private readonly limit = Number.POSITIVE_INFINITY,
  ) {
    this.request = `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n${head}\r\n`;
    this.running = Array.from({ length: connections }, () => this.connection());
  }

  get count(): number {
    return Object.values(this.statuses).reduce((sum, count) => sum + count, 0);
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.done();
  }

  /** Waits until the limit is reached. */
  async done(): Promise<void> {
    await Promise.all(this.running);
    for (const socket of this.sockets) socket.destroy();
  }

  private get over(): boolean {
    return this.stopped || this.count >= this.limit;
  }

  private async connection(): Promise<void> {
    while (!this.over) {
      await this.converse();
      if (!this.over) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  /** One connection until it ends. */
  private converse(): Promise<void> {
    return new Promise((resolve) => {
      const socket = net.connect({ host: this.url.hostname, port: Number(this.url.port) });
      this.sockets.add(socket);
      let text = '';
      let asked = 0;
      const ask = (): void => {
        asked = performance.now();
        socket.write(this.request);
      };
      socket.on('connect', ask);
      socket.on('data', (piece) => {
        text += piece.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        if (end < 0 || text.length < end + 4 + Number(LENGTH.exec(text)?.[1] ?? 0)) return;
        const status = text.slice(9, 12);
        this.statuses[status] = (this.statuses[status] ?? 0) + 1;
        this.slowest = Math.max(this.slowest, performance.now() - asked);
        text = '';
        asked = 0;
        if (this.over) socket.destroy();
        else ask();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (asked > 0) this.broken++;
        this.sockets.delete(socket);
        resolve();
      });
    });
  }
}

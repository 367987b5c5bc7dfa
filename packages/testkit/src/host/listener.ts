import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

const MAX_HEADER_BYTES = 64 * 1024;
// Longer than any gateway keeps an idle connection, so that the gateway is the one to close it.
const KEEP_ALIVE_MS = 75_000;

/** A port that cannot be listened on. */
export class MockPortError extends Error {
  readonly code = 'MOCK_PORT';

  /** @param what names the service and the variable that sets the port. */
  constructor(
    readonly port: number,
    what: string,
    cause: Error,
  ) {
    const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
    super(`port ${port} (${what}) ${taken ? 'is already in use' : `cannot be opened: ${cause.message}`}`, { cause });
    this.name = 'MockPortError';
  }
}

/** Who answers what a listener gets. */
export interface Receiver {
  request(request: IncomingMessage, response: ServerResponse, port: number): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, port: number): void;
}

/** One port of one service, which can stop listening and come back on the same port. */
export class Listener {
  #server: Server | undefined;
  #port: number;
  readonly #sockets = new Set<Duplex>();

  /**
   * @param host address to bind.
   * @param wanted 0 takes any free port.
   * @param what names the service and its variable, for errors.
   */
  constructor(
    private readonly host: string,
    wanted: number,
    private readonly what: string,
    private readonly receiver: Receiver,
  ) {
    this.#port = wanted;
  }

  /** The real port, once open. */
  get port(): number {
    return this.#port;
  }

  /** Listens, unless it does already. MockPortError when the port is taken. */
  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 });
    server.on('request', (request, response) => this.receiver.request(request, response, this.#port));
    server.on('upgrade', (request, socket, head) => this.receiver.upgrade(request, socket, head, this.#port));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new MockPortError(this.#port, this.what, error)));
      server.listen(this.#port, this.host, 1024, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Stops listening and cuts every connection. */
  async shut(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

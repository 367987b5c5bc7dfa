/** The listeners of the data plane: accepts connections, hands requests to the live configuration, drains at the end. */
import net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import tls from 'node:tls';
import { Http1Connection } from './http1/connection.js';
import type { HeadFault } from './http1/head-parser.js';
import type { ClientConnection, ConnectionFacts, ConnectionHandler, Incoming } from './http1/incoming.js';
import type { HttpLimits } from './http1/limits.js';
import type { Reply } from './http1/reply.js';
import { RequestBody } from './http1/request-body.js';
import { Http2Connection } from './http2/http2-connection.js';
import { FaultRun } from './phases/fault-run.js';
import type { LivePlane } from './phases/live-plane.js';
import type { Log } from './phases/plane.js';
import { RequestRun } from './phases/request-run.js';
import type { CertificateTable } from './tls/certificates.js';

const SWEEP_MS = 500;
const DRAIN_SWEEP_MS = 50;
const ACCEPT_TURNS_MAX = 50;
/** Connections beyond which new ones are closed at once. */
const CONNECTIONS_MAX = 16_384;

/** Where a listener listens. */
export interface ListenOptions {
  readonly port: number;
  readonly host: string;
  /** Other processes listen on the same port; the system spreads connections over them. */
  readonly reusePort?: boolean;
}

export interface ServerOptions {
  readonly limits: HttpLimits;
  readonly log: Log;
  now(): number;
  /** The configuration that new requests get. */
  plane(): LivePlane;
}

export class GatewayServer implements ConnectionHandler {
  private readonly listeners: net.Server[] = [];
  private readonly connections = new Set<ClientConnection>();
  private sweeper: NodeJS.Timeout;
  private serial = 0;
  private running = 0;
  private served = 0;
  private draining = false;
  private whenIdle: (() => void) | null = null;

  constructor(private readonly options: ServerOptions) {
    this.sweeper = this.sweepEvery(SWEEP_MS);
  }

  /** Open client connections, and requests being answered. */
  get counts(): { connections: number; requests: number; accepted: number; served: number } {
    return { connections: this.connections.size, requests: this.running, accepted: this.serial, served: this.served };
  }

  /** Listens for plain HTTP/1. Rejects with the system's error, such as EADDRINUSE. */
  listen(where: ListenOptions): Promise<number> {
    const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.accept(socket, 'http', null));
    return this.open(server, where);
  }

  /**
   * Listens for TLS 1.2 and later; the certificate follows the client's server name.
   * @param ticketKeys 48 bytes that all processes of the port have in common, so that sessions are resumed by any of them
   */
  listenTls(where: ListenOptions, certificates: CertificateTable, ticketKeys?: Buffer): Promise<number> {
    const server = tls.createServer(
      {
        minVersion: 'TLSv1.2',
        ...(ticketKeys ? { ticketKeys } : {}),
        ALPNProtocols: ['h2', 'http/1.1'],
        allowHalfOpen: true,
        handshakeTimeout: this.options.limits.headTimeoutMs,
        SNICallback: (name, done) => done(null, certificates.contextFor(name)),
        ...certificates.fallback(),
      },
      (socket) => {
        socket.setNoDelay(true);
        this.accept(socket, 'https', socket.servername || null);
      },
    );
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    certificates.onRenewed = () => server.setSecureContext({ minVersion: 'TLSv1.2', ...certificates.fallback() });
    return this.open(server, where);
  }

  /**
   * Stops accepting, lets requests in flight finish, and ends what is left after `timeoutMs`. A connection counts until it is
   * closed: the last bytes of an answer may still be on their way when its request is done.
   */
  async drain(timeoutMs: number): Promise<void> {
    this.draining = true;
    await this.acceptWaiting();
    for (const server of this.listeners) server.close();
    for (const connection of this.connections) connection.shutdown();
    clearInterval(this.sweeper);
    this.sweeper = this.sweepEvery(DRAIN_SWEEP_MS);
    const idle = new Promise<void>((resolve) => {
      this.whenIdle = resolve;
    });
    if (!this.hasWork()) this.whenIdle?.();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([idle, late]);
    clearTimeout(timer);
    clearInterval(this.sweeper);
    for (const connection of this.connections) connection.socket.destroy();
  }

  /** The system resets connections that it has made for us and that we did not take: takes them, until none came in a turn. */
  private async acceptWaiting(): Promise<void> {
    for (let turns = 0, before = -1; before !== this.serial && turns < ACCEPT_TURNS_MAX; turns++) {
      before = this.serial;
      // The second immediate comes after the event loop has looked at the sockets once.
      await setImmediate();
      await setImmediate();
    }
  }

  // ---- ConnectionHandler

  request(incoming: Incoming): void {
    const live = this.options.plane();
    this.running++;
    this.served++;
    live.enter();
    new RequestRun(incoming, live.plane, () => {
      this.running--;
      live.leave();
      this.checkIdle();
    }).start();
  }

  fault(fault: HeadFault, reply: Reply, connection: ConnectionFacts): void {
    const live = this.options.plane();
    const body = new RequestBody(null, 0);
    new FaultRun(fault, { reply, body, connection, requestNumber: 1 }, live.plane).start();
  }

  crashed(error: unknown): void {
    this.options.log('error', 'a connection failed inside the gateway', { error: error instanceof Error ? error.stack : String(error) });
  }

  private open(server: net.Server, { port, host, reusePort = false }: ListenOptions): Promise<number> {
    this.listeners.push(server);
    server.maxConnections = CONNECTIONS_MAX;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, backlog: 4096, reusePort }, () => resolve((server.address() as net.AddressInfo).port));
    });
  }

  private accept(socket: net.Socket, scheme: 'http' | 'https', sni: string | null): void {
    if (this.connections.size >= CONNECTIONS_MAX) {
      socket.destroy();
      return;
    }
    const facts: ConnectionFacts = {
      scheme,
      remoteAddress: plainAddress(socket.remoteAddress),
      remotePort: socket.remotePort ?? 0,
      localAddress: plainAddress(socket.localAddress),
      localPort: socket.localPort ?? 0,
      serial: ++this.serial,
      sni,
      tls: socket instanceof tls.TLSSocket ? { version: socket.getProtocol() ?? '', cipher: socket.getCipher().name } : null,
    };
    const { limits, now } = this.options;
    const closed = (gone: ClientConnection): void => {
      this.connections.delete(gone);
      this.checkIdle();
    };
    const connection =
      socket instanceof tls.TLSSocket && socket.alpnProtocol === 'h2'
        ? new Http2Connection(socket, facts, this, limits, now, closed)
        : new Http1Connection(socket, facts, this, limits, now, closed);
    this.connections.add(connection);
    if (this.draining) connection.shutdown();
  }

  private sweepEvery(ms: number): NodeJS.Timeout {
    return setInterval(() => this.sweep(), ms).unref();
  }

  private sweep(): void {
    const now = this.options.now();
    for (const connection of this.connections) if (connection.deadline <= now) this.expire(connection);
  }

  private expire(connection: ClientConnection): void {
    try {
      connection.expire();
    } catch (error) {
      connection.socket.destroy();
      this.crashed(error);
    }
  }

  private hasWork(): boolean {
    return this.running > 0 || this.connections.size > 0;
  }

  private checkIdle(): void {
    if (this.draining && !this.hasWork()) this.whenIdle?.();
  }
}

/** An IPv4 address that came in over an IPv6 listener, in its own form. */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

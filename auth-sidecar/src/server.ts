/** Listens, and ends without breaking a request. */
import http, { type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Timers } from '@gatehouse/policy';
import { HEAD_MAX } from './http/limits.js';

/** Longer than the gateway keeps an idle connection: the side that closes first must be the one that asks. */
const KEEP_ALIVE_MS = 75_000;
const HEAD_MS = 10_000;
const REQUEST_MS = 30_000;
const CONNECTIONS_MAX = 10_000;

/** The listener of a sidecar: heads, times and connections are bounded. */
export class SidecarServer {
  private readonly server: Server;
  private closing = false;

  constructor(
    listener: RequestListener,
    private readonly timers: Timers,
  ) {
    const options = { maxHeaderSize: HEAD_MAX, requestTimeout: REQUEST_MS, headersTimeout: HEAD_MS };
    this.server = http.createServer(options, (request, response) => {
      if (this.closing) response.setHeader('Connection', 'close');
      // A connection that was busy when the end began is idle only now.
      response.once('close', () => this.closing && setImmediate(() => this.server.closeIdleConnections()));
      listener(request, response);
    });
    this.server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.server.maxConnections = CONNECTIONS_MAX;
  }

  get draining(): boolean {
    return this.closing;
  }

  /**
   * @param port 0: any that is free
   * @returns the port
   */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  /** Takes nothing new, lets what runs end, and closes what still runs after `withinMs`. */
  close(withinMs: number): Promise<void> {
    this.closing = true;
    return new Promise((resolve) => {
      const late = this.timers.after(withinMs, () => this.server.closeAllConnections());
      this.server.close(() => {
        this.timers.cancel(late);
        resolve();
      });
      this.server.closeIdleConnections();
    });
  }
}

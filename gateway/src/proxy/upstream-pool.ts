/** Keeps connections to services open between requests (Kong: upstream_keepalive_pool_size 512, idle 60 s, 10 000 requests). */
import { type Endpoint, UpstreamConnection } from './upstream-connection.js';

export interface PoolLimits {
  /** Idle connections kept for one endpoint. */
  idleMax: number;
  idleTimeoutMs: number;
  requestsMax: number;
}

export const defaultPoolLimits: PoolLimits = { idleMax: 512, idleTimeoutMs: 60_000, requestsMax: 10_000 };

const SWEEP_MS = 5000;

export class UpstreamPool {
  private readonly idle = new Map<string, UpstreamConnection[]>();
  private readonly sweeper: NodeJS.Timeout;
  private readonly freed = (connection: UpstreamConnection, reusable: boolean): void => this.release(connection, reusable);

  constructor(
    private readonly limits: PoolLimits,
    private readonly clock: () => number,
  ) {
    this.sweeper = setInterval(() => this.sweep(), SWEEP_MS);
    this.sweeper.unref();
  }

  /**
   * An open connection to the endpoint, or one that is being opened. The most recently used one first: it is least likely stale.
   * `fresh`: one that nobody used before.
   */
  acquire(endpoint: Endpoint, fresh = false): UpstreamConnection {
    const list = fresh ? undefined : this.idle.get(endpoint.key);
    for (let connection = list?.pop(); connection; connection = list?.pop()) {
      if (!connection.socket.destroyed && connection.socket.readable) return connection;
    }
    return new UpstreamConnection(endpoint, this.freed);
  }

  close(): void {
    clearInterval(this.sweeper);
    for (const list of this.idle.values()) for (const connection of list) connection.socket.destroy();
    this.idle.clear();
  }

  get idleCount(): number {
    let count = 0;
    for (const list of this.idle.values()) count += list.length;
    return count;
  }

  private release(connection: UpstreamConnection, reusable: boolean): void {
    const { key } = connection.endpoint;
    const list = this.idle.get(key);
    if (!reusable) {
      const at = list?.indexOf(connection) ?? -1;
      if (at >= 0) list!.splice(at, 1);
      return;
    }
    if (connection.requests >= this.limits.requestsMax || (list?.length ?? 0) >= this.limits.idleMax) {
      connection.socket.destroy();
      return;
    }
    connection.idleSince = this.clock();
    if (list) list.push(connection);
    else this.idle.set(key, [connection]);
  }

  private sweep(): void {
    const oldest = this.clock() - this.limits.idleTimeoutMs;
    for (const [key, list] of this.idle) {
      const stale = list.filter((connection) => connection.idleSince < oldest);
      if (stale.length === list.length) this.idle.delete(key);
      for (const connection of stale) connection.socket.destroy();
    }
  }
}

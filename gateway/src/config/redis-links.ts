/** Connections to the Redis servers that plugins' configurations name: one for each server, kept while an instance uses it. */
import { RedisConnection } from '@gatehouse/plugins';
import type { RedisTarget, RemoteCounters } from '../plugin.js';
import { RedisCounters } from '../plugins/lib/redis-counters.js';
import { type SyncEffects, SyncedCounters } from '../plugins/lib/synced-counters.js';

type Effects = ConstructorParameters<typeof RedisConnection>[2] & SyncEffects;

interface Link {
  readonly connection: RedisConnection;
  users: number;
}

/** `sync_rate` of a plugin that asks Redis each time. */
const REALTIME = -1;

export class RedisLinks {
  private readonly links = new Map<string, Link>();

  constructor(private readonly effects: Effects) {}

  /** @param syncSeconds -1: every request asks Redis; else counts are brought there so often */
  counters(target: RedisTarget, prefix: string, syncSeconds: number): RemoteCounters {
    const name = JSON.stringify(target);
    const link = this.links.get(name) ?? { connection: this.connect(target), users: 0 };
    this.links.set(name, link);
    link.users++;
    const counters = new RedisCounters(link.connection, prefix, () => this.release(name, link));
    return syncSeconds === REALTIME ? counters : new SyncedCounters(counters, syncSeconds, this.effects);
  }

  private release(name: string, link: Link): void {
    link.users--;
    if (link.users > 0) return;
    this.links.delete(name);
    link.connection.close();
  }

  private connect({ host, port, timeout, username, password, database, ssl, ssl_verify, server_name }: RedisTarget): RedisConnection {
    const tls = { ca: null, verify: ssl_verify === true, ...(server_name === null ? {} : { name: server_name }) };
    const settings = {
      host,
      port,
      username: username || null,
      password: () => password || null,
      database,
      tls: ssl === true ? tls : null,
      deadlineMs: timeout,
    };
    return new RedisConnection(`${host}:${port}`, settings, this.effects);
  }
}

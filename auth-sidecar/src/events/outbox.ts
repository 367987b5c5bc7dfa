/** The outbox that keeps events until Kafka has them. */
import {
  type Broker,
  kafkaBroker,
  type Log,
  type Outbox,
  type OutboxStore,
  openFileStore,
  openOutbox,
  redisStore,
} from '@gatehouse/messaging';
import type { RedisSettings } from '@gatehouse/plugins';
import { Redis } from 'ioredis';
import type { EventSettings } from '../settings.js';
import { SettingsError } from '../settings-reader.js';

/** With no Kafka named events wait in their store, for as long as it takes. */
export class NobodyListens implements Broker {
  private readonly waiting = new Set<(error: Error) => void>();

  send(): Promise<void> {
    return new Promise((_resolve, reject) => void this.waiting.add(reject));
  }

  async close(): Promise<void> {
    for (const reject of this.waiting) reject(new Error('the broker was closed'));
    this.waiting.clear();
  }
}

/** A connection for the outbox alone: it waits for Redis as long as it takes, which nothing else may. */
function redisOf(settings: RedisSettings): Redis {
  const { host, port, username, database, tls } = settings;
  const password = settings.password();
  return new Redis({
    ...{ host, port, db: database, maxRetriesPerRequest: 1, enableOfflineQueue: true },
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls === null ? {} : { tls: { servername: host, ...(tls.ca === null ? {} : { ca: tls.ca }) } }),
  });
}

/** An outbox, and its end. */
export interface OpenedEvents {
  readonly outbox: Outbox;
  /** Delivers what it can within `withinMs`; the rest waits for the next start. */
  close(withinMs: number): Promise<void>;
}

/**
 * @param redis where replicas share an outbox; needed for the store `redis`
 * @throws SettingsError without the Redis that replicas are to share; OutboxDirectoryError when the directory can't be used
 */
export async function openEvents(settings: EventSettings, log: Log, redis: () => RedisSettings | null): Promise<OpenedEvents> {
  const { brokers, clientId, envelope, directory } = settings;
  const shared = settings.store === 'redis' ? redis() : null;
  if (settings.store === 'redis' && shared === null) {
    throw new SettingsError(['AUTH_OUTBOX_STORE is redis, which needs INTERVIEW_REDIS_URL or REDIS_URL; for one replica write file']);
  }
  if (brokers.length === 0) log.warn({}, 'INTERVIEW_KAFKA_BROKERS is not set: events wait in the outbox, until it is full');
  const connection = shared && redisOf(shared);
  connection?.on('error', () => undefined);
  const store: OutboxStore = connection
    ? redisStore({ redis: connection, name: 'gatehouse:{interview}:auth-events' })
    : await openFileStore({ directory, log });
  const broker = brokers.length > 0 ? kafkaBroker({ brokers, clientId, log }) : new NobodyListens();
  const outbox = openOutbox({ store, broker, log, envelope });
  const close = async (withinMs: number): Promise<void> => {
    await outbox.close(brokers.length > 0 ? withinMs : 0);
    connection?.disconnect();
  };
  return { outbox, close };
}

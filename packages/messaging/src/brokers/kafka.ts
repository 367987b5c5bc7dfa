/** Kafka, by kafkajs. */
import { CompressionTypes, Kafka, type KafkaConfig, logLevel, type Producer, type TopicMessages } from 'kafkajs';
import { BrokerError, wordsOf } from '../errors.js';
import type { Broker, BrokerMessage, Log } from '../events.js';
import { systemTime, type Time, within } from '../time.js';

export interface KafkaBrokerOptions {
  /** `host:port` of one or more brokers. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log: Log;
  /** TLS: true, or certificates as PEM. */
  readonly tls?: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string };
  /** Deadline of a connection in milliseconds; default 3000. */
  readonly connectMs?: number;
  /** Deadline of a request in milliseconds; default 10 000. */
  readonly requestMs?: number;
  readonly time?: Time;
}

/** What Kafka says of a message that it will never take. */
const REFUSED = new Set([
  'MESSAGE_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);
/** A send with its connection, metadata and one retry takes no longer than so many requests. */
const REQUESTS_PER_SEND = 4;
const CLOSE_MS = 3_000;
const SAID_MAX = 16;

/**
 * Sends to Kafka with acks=all and one request in flight, so that messages of a key keep their order. The producer is not idempotent:
 * kafkajs would give a batch that follows a failure the sequence numbers of the failed one, and Kafka would drop it as known.
 * After a failure the producer is made anew.
 */
export function kafkaBroker(options: KafkaBrokerOptions): Broker {
  return new KafkaBroker(options);
}

class KafkaBroker implements Broker {
  private readonly kafka: Kafka;
  private readonly sendMs: number;
  private readonly connectMs: number;
  private readonly time: Time;
  private producer: Promise<Producer> | null = null;
  private readonly stopping = Promise.withResolvers<never>();
  private closed = false;
  /** What kafkajs said since the last send that worked. */
  private readonly said = new Set<string>();

  constructor(options: KafkaBrokerOptions) {
    const { connectMs = 3_000, requestMs = 10_000, time = systemTime } = options;
    this.time = time;
    this.connectMs = connectMs;
    this.sendMs = connectMs + REQUESTS_PER_SEND * requestMs;
    this.kafka = new Kafka(configOf(options, connectMs, requestMs, this.said));
    this.stopping.promise.catch(() => undefined);
  }

  async send(batch: readonly BrokerMessage[]): Promise<void> {
    if (this.closed) throw new BrokerError('BROKER_UNAVAILABLE', 'the broker is closed');
    try {
      const sending = within(this.time, this.sendMs, this.deliver(batch), 'late');
      if ((await Promise.race([sending, this.stopping.promise])) === 'late') throw new Error(`Kafka took longer than ${this.sendMs} ms`);
    } catch (error) {
      await this.forget();
      throw asBrokerError(error);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    this.stopping.reject(new Error('the broker is closed'));
    await this.forget();
  }

  private async deliver(batch: readonly BrokerMessage[]): Promise<void> {
    this.producer ??= this.connect();
    const producer = await this.producer;
    await producer.sendBatch({ acks: -1, compression: CompressionTypes.None, topicMessages: byTopic(batch) });
    this.said.clear();
  }

  private async connect(): Promise<Producer> {
    const producer = this.kafka.producer({ maxInFlightRequests: 1, idempotent: false, retry: { retries: 1, initialRetryTime: 100 } });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  /** Drops the producer with its connections. */
  private async forget(): Promise<void> {
    const { producer } = this;
    this.producer = null;
    if (!producer) return;
    const gone = producer.then((one) => one.disconnect()).catch(() => undefined);
    await within(this.time, Math.max(this.connectMs, CLOSE_MS), gone, undefined);
  }
}

function configOf(options: KafkaBrokerOptions, connectMs: number, requestMs: number, said: Set<string>): KafkaConfig {
  const { brokers, clientId, tls = false, sasl, log } = options;
  return {
    clientId,
    brokers: [...brokers],
    connectionTimeout: connectMs,
    authenticationTimeout: connectMs,
    requestTimeout: requestMs,
    enforceRequestTimeout: true,
    retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000 },
    ssl:
      typeof tls === 'boolean'
        ? tls
        : { ...(tls.ca && { ca: [tls.ca] }), ...(tls.cert && { cert: tls.cert }), ...(tls.key && { key: tls.key }) },
    ...(sasl && { sasl: sasl as NonNullable<KafkaConfig['sasl']> }),
    // kafkajs says the same for every attempt: each of its messages is passed on once per outage.
    logLevel: logLevel.ERROR,
    logCreator: () => (entry) => {
      if (said.size >= SAID_MAX || said.has(entry.log.message)) return;
      said.add(entry.log.message);
      log.info({ reason: entry.log.message }, 'kafka client');
    },
  };
}

/** Messages by topic, each topic's in the batch's order. */
function byTopic(batch: readonly BrokerMessage[]): TopicMessages[] {
  const topics = new Map<string, TopicMessages>();
  for (const { topic, key, value, headers } of batch) {
    const messages = topics.get(topic) ?? { topic, messages: [] };
    messages.messages.push({ key, value, headers: { ...headers } });
    topics.set(topic, messages);
  }
  return [...topics.values()];
}

/** kafkajs wraps what the broker said, sometimes twice. */
function asBrokerError(error: unknown): BrokerError {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (REFUSED.has(String((cause as { type?: unknown }).type))) return new BrokerError('MESSAGE_REFUSED', cause.message, { cause: error });
  }
  return new BrokerError('BROKER_UNAVAILABLE', wordsOf(error), { cause: error });
}

/** A broker in process, for development and tests: keeps the last messages and lets readers list them. */
import type { Broker, BrokerMessage } from '../events.js';

/** A message as it was taken. */
export interface KeptMessage extends BrokerMessage {
  /** Counts from 0, over all topics. */
  readonly offset: number;
}

/** A broker in process, which keeps what was sent. */
export class MemoryBroker implements Broker {
  private readonly kept: KeptMessage[] = [];
  private offset = 0;

  /** @param keep how many messages; the oldest go */
  constructor(private readonly keep = 1000) {}

  async send(batch: readonly BrokerMessage[]): Promise<void> {
    for (const message of batch) this.kept.push({ ...message, offset: this.offset++ });
    this.kept.splice(0, Math.max(0, this.kept.length - this.keep));
  }

  /** What is kept, oldest first. @param from the first offset */
  list(filter: { readonly topic?: string; readonly key?: string; readonly from?: number } = {}): readonly KeptMessage[] {
    const { topic, key, from = 0 } = filter;
    const fits = (message: KeptMessage): boolean =>
      message.offset >= from && (topic === undefined || message.topic === topic) && (key === undefined || message.key === key);
    return this.kept.filter(fits);
  }

  async close(): Promise<void> {}
}

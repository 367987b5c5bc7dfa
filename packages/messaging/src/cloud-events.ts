/** How an event becomes a message: its value alone, or a CloudEvents 1.0.2 envelope by the Kafka protocol binding. */
import type { BrokerMessage, OutgoingEvent } from './events.js';

/**
 * `plain`: the value, with `event-id` and `event-type` as headers. `structured`: one JSON document with the attributes and the value as
 * `data`. `binary`: the value, the attributes as headers. `source` is the CloudEvents source: a URI reference such as `/gatehouse/auth`.
 */
export type Envelope = { readonly mode: 'plain' } | { readonly mode: 'structured' | 'binary'; readonly source: string };

export type Encode = (event: OutgoingEvent) => BrokerMessage;

/** CloudEvents 1.0.2, Kafka Protocol Binding 3.2.3 and 3.3.1. */
const STRUCTURED = 'application/cloudevents+json; charset=UTF-8';

function message(event: OutgoingEvent, value: unknown, headers: Record<string, string>): BrokerMessage {
  return { topic: event.topic, key: event.key, value: Buffer.from(JSON.stringify(value)), headers: { ...event.headers, ...headers } };
}

const plain: Encode = (event) =>
  message(event, event.value, { 'content-type': 'application/json', 'event-id': event.id, 'event-type': event.type });

function structured(event: OutgoingEvent, source: string): BrokerMessage {
  const { id, type, time, key, value } = event;
  const traceparent = event.headers?.['traceparent'];
  const attributes = { specversion: '1.0', id, source, type, time, datacontenttype: 'application/json', partitionkey: key };
  return message(event, { ...attributes, ...(traceparent && { traceparent }), data: value }, { 'content-type': STRUCTURED });
}

function binary(event: OutgoingEvent, source: string): BrokerMessage {
  const { id, type, time, key, value } = event;
  const attributes = { ce_specversion: '1.0', ce_id: id, ce_source: source, ce_type: type, ce_time: time, ce_partitionkey: key };
  const traceparent = event.headers?.['traceparent'];
  const headers = { ...attributes, ...(traceparent && { ce_traceparent: traceparent }), 'content-type': 'application/json' };
  return message(event, value, headers);
}

/** The encoder of an envelope; the same event gives the same message each time. */
export function encoderOf(envelope: Envelope = { mode: 'plain' }): Encode {
  if (envelope.mode === 'plain') return plain;
  const { source } = envelope;
  return envelope.mode === 'structured' ? (event) => structured(event, source) : (event) => binary(event, source);
}

import { describe, expect, test } from '@jest/globals';
import { encoderOf } from './cloud-events.js';
import type { OutgoingEvent } from './events.js';

const event: OutgoingEvent = {
  topic: 'auth-events',
  key: 'u1',
  id: 'e1',
  type: 'user.authenticated',
  time: '2027-01-15T08:00:00.000Z',
  value: { eventId: 'e1', userId: 'u1' },
  headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
};

describe('messages', () => {
  test('plain: the value alone, id and type in headers', () => {
    const { topic, key, value, headers } = encoderOf()(event);
    expect([topic, key, JSON.parse(String(value))]).toEqual(['auth-events', 'u1', event.value]);
    expect(headers).toEqual({ ...event.headers, 'content-type': 'application/json', 'event-id': 'e1', 'event-type': 'user.authenticated' });
  });

  test('structured: one CloudEvents document (Kafka binding 3.3)', () => {
    const { key, value, headers } = encoderOf({ mode: 'structured', source: '/gatehouse/auth' })(event);
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=UTF-8');
    expect(key).toBe('u1');
    expect(JSON.parse(String(value))).toEqual({
      specversion: '1.0',
      id: 'e1',
      source: '/gatehouse/auth',
      type: 'user.authenticated',
      time: '2027-01-15T08:00:00.000Z',
      datacontenttype: 'application/json',
      partitionkey: 'u1',
      traceparent: event.headers!['traceparent'],
      data: event.value,
    });
  });

  test('binary: the value, attributes as ce_ headers (Kafka binding 3.2)', () => {
    const { value, headers } = encoderOf({ mode: 'binary', source: '/gatehouse/auth' })(event);
    expect(JSON.parse(String(value))).toEqual(event.value);
    expect(headers).toEqual({
      ...event.headers,
      ce_specversion: '1.0',
      ce_id: 'e1',
      ce_source: '/gatehouse/auth',
      ce_type: 'user.authenticated',
      ce_time: '2027-01-15T08:00:00.000Z',
      ce_partitionkey: 'u1',
      ce_traceparent: event.headers!['traceparent'],
      'content-type': 'application/json',
    });
  });
});

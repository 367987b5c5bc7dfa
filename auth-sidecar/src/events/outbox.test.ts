import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EventSettings } from '../settings.js';
import { openEvents } from './outbox.js';

let directory: string;
const warnings: string[] = [];
const log = { info: () => undefined, warn: (_: object, message: string) => void warnings.push(message), error: () => undefined };
const settings = (more: Partial<EventSettings> = {}): EventSettings => ({
  brokers: [],
  clientId: 'gatehouse',
  envelope: { mode: 'plain' },
  store: 'file',
  directory,
  ...more,
});

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'gatehouse-outbox-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the outbox of a sidecar', () => {
  test('with no Kafka named keeps what is published, and says so at the start', async () => {
    const { outbox, close } = await openEvents(settings(), log, () => null);
    expect(warnings).toEqual([expect.stringMatching(/INTERVIEW_KAFKA_BROKERS is not set: events wait/)]);
    const value = { eventId: 'e', eventType: 'user.authenticated', userId: 'u', data: {} };
    outbox.publish({ topic: 'auth-events', key: 'u', id: 'e', type: 'user.authenticated', time: '2026-11-22T00:00:00.000Z', value });
    expect(await outbox.stored()).toBe(true);
    await close(1000);
    const again = await openEvents(settings(), log, () => null);
    expect(again.outbox.stats().pending).toBe(1);
    await again.close(0);
  });

  test('that replicas are to share is not one of this process alone because no Redis is named', async () => {
    await expect(openEvents(settings({ store: 'redis' }), log, () => null)).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      message: expect.stringMatching(/AUTH_OUTBOX_STORE is redis, .*INTERVIEW_REDIS_URL or REDIS_URL/),
    });
  });
});

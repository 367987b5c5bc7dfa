/** Kafka dies with a thousand sign-ins to come, and the sidecar is restarted among them: all events arrive afterwards, per user in order. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { call, FormBrowser } from '@gatehouse/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningProvider, startProvider } from '../../auth-sidecar/src/provider/index.js';
import { approve } from '../../auth-sidecar/src/testing/world.js';
import { TestKafka } from '../support/kafka.js';
import { eventually } from '../support/redis.js';
import { SidecarProcess } from '../support/sidecar-process.js';

const SIGN_INS = 1000;
const USERS = ['mina.park', 'david.stone', 'ana.silva'];
const TOPIC = 'auth-events';
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-events-'));

let kafka: TestKafka;
let provider: RunningProvider;
let sidecar: SidecarProcess;

const start = (): Promise<SidecarProcess> =>
  SidecarProcess.start({
    AUTH_SIDECAR_SECRETS: 'a-secret-of-tests-that-is-long-enough',
    AUTH_OUTBOX_DIR: path.join(directory, 'outbox'),
    AUTH_SIDECAR_DRAIN_TIMEOUT_MS: '1000',
    INTERVIEW_KEYCLOAK_ISSUER_URL: provider.issuer,
    INTERVIEW_KEYCLOAK_CLIENT_SECRET: 'interview-development-secret-never-in-production',
    INTERVIEW_KAFKA_BROKERS: kafka.address,
    INTERVIEW_LOG_LEVEL: 'warn',
  });

beforeAll(async () => {
  [kafka, provider] = await Promise.all([TestKafka.start(), startProvider({ port: 0 })]);
  await kafka.topic(TOPIC);
  sidecar = await start();
}, 300_000);
afterAll(async () => {
  await sidecar.stop('SIGKILL');
  await provider.close();
  await kafka.stop();
  fs.rmSync(directory, { recursive: true, force: true });
}, 60_000);

interface AuthEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly timestamp: string;
  readonly userId: string;
  readonly data: { readonly authMethod?: string };
}

/** One user signs in again and again, and refreshes after every tenth time. Gives back how the events must follow each other. */
async function lane(username: string, times: number): Promise<string[]> {
  const browser = new FormBrowser();
  const expected: string[] = [];
  for (let i = 1; i <= times; i++) {
    const begun = await call(`${sidecar.url}/auth/login`, { method: 'POST' });
    const { pathname, search } = await approve(browser, (begun.json as { authUrl: string }).authUrl, username);
    const answer = await call(sidecar.url + pathname + search);
    expect(answer.status).toBe(200);
    expected.push('oauth2');
    if (i % 10 > 0) continue;
    const { refreshToken } = answer.json as { refreshToken: string };
    expect((await call(`${sidecar.url}/auth/refresh`, { json: { refreshToken } })).status).toBe(200);
    expected.push('jwt_refresh');
  }
  return expected;
}

const metric = async (name: string): Promise<number> => {
  const { text } = await call(`${sidecar.url}/metrics`);
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
};

test(`${SIGN_INS} sign-ins with Kafka away`, async () => {
  const each = Math.floor(SIGN_INS / USERS.length / 2);
  const all = (times: number): Promise<string[][]> => Promise.all(USERS.map((user) => lane(user, times)));
  const first = await all(1);
  await eventually('the first arrived', async () => (await metric('outbox_delivered_events_total')) === USERS.length, 30_000);
  await kafka.kill();
  const before = await all(each);
  // With Kafka away, in the middle of it: nothing is lost by an end in peace.
  expect(await sidecar.stop('SIGTERM')).toBe(0);
  sidecar = await start();
  const after = await all(SIGN_INS / 2 - each * USERS.length > 0 ? each + 1 : each);
  await kafka.launch();
  await eventually('the outbox is empty', async () => (await metric('outbox_pending_events')) === 0, 60_000);
  const expected = USERS.map((_, i) => [...first[i]!, ...before[i]!, ...after[i]!]);
  const messages = await kafka.readAll(TOPIC);
  const events = messages.map(({ value }) => JSON.parse(value) as AuthEvent);
  const seen = new Set<string>();
  // At least once: an event that comes again has the same id.
  const once = events.filter(({ eventId }) => !seen.has(eventId) && seen.add(eventId));
  expect(once.length).toBeGreaterThanOrEqual(SIGN_INS);
  expect(messages.every(({ key }, i) => key === events[i]!.userId)).toBe(true);
  const userIds = USERS.map((name) => provider.realm.users.find(({ username }) => username === name)!.id);
  for (const [i, id] of userIds.entries()) {
    const own = once.filter(({ userId }) => userId === id);
    expect(own.map(({ data }) => data.authMethod)).toEqual(expected[i]);
    const times = own.map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort());
  }
}, 240_000);

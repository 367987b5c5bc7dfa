import path from 'node:path';
import { call } from '@gatehouse/testkit';
import { namesRedis } from '../own-redis.js';
import { root } from '../processes.js';
import { partVariables, type Settings, type Variables } from '../settings.js';
import { sidecarAddress } from '../sign-in.js';
import { readOutbox } from './events.js';
import type { DemoWorld } from './run.js';
import type { Feature } from './step.js';
import { initDataOf } from './telegram.js';

/** The creator of gongbu's mock services. */
const CREATOR_TELEGRAM_ID = 700_001_002;

/** Whether events wait where this process can read them: with a Kafka they are gone at once. */
const readsOutbox = (given: Variables): boolean =>
  !given['INTERVIEW_KAFKA_BROKERS'] && !given['KAFKA_BROKERS'] && given['AUTH_OUTBOX_STORE'] !== 'redis';

/**
 * Whether all parts of the stack share a Redis: one that the operator named for all of them, else the stack's own, of which the sidecar
 * tells (a running stack's is known to nobody else).
 */
export async function sharesRedis(variables: Variables): Promise<boolean> {
  if (variables['REDIS_URL'] || variables['REDIS_HOST']) return true;
  if (namesRedis(variables)) return false;
  try {
    const { json } = await call(`${sidecarAddress(variables).replace(/\/$/, '')}/health`);
    return (json as { services?: { redis?: unknown } } | undefined)?.services?.redis === 'healthy';
  } catch {
    return false;
  }
}

/** What the demo needs of the parts of sign-in. @param redis whether gateway and sidecar share one */
export function signInWorld(
  settings: Settings,
  variables: Variables,
  redis: boolean,
): Pick<DemoWorld, 'gatewayTls' | 'has' | 'known' | 'events'> {
  const given = partVariables(variables, settings);
  const sidecar = settings.sidecar !== undefined;
  const identity = sidecar && settings.identity !== undefined;
  const features: Readonly<Record<Feature, boolean>> = {
    sidecar,
    identity,
    outbox: identity && readsOutbox(given),
    redis: identity && redis,
  };
  const outbox = path.resolve(root, given['AUTH_OUTBOX_DIR'] ?? '');
  const botToken = given['GONGBU_TELEGRAM_BOT_TOKEN'] ?? '';
  const password = given['INTERVIEW_USER_PASSWORD'] || 'password';
  return {
    gatewayTls: `https://127.0.0.1:${settings.proxyTls.port}`,
    has: (feature) => features[feature],
    known: (system) => (system === 'gongbu' ? { initData: initDataOf(botToken, CREATOR_TELEGRAM_ID, 'Noor', Date.now()) } : { password }),
    events: () => (features.outbox ? readOutbox(outbox) : []),
  };
}

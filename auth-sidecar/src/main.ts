/** `gatehouse auth-sidecar` and `gatehouse identity-provider`. */
import { randomBytes } from 'node:crypto';
import { type EventPublisher, outboxMetrics } from '@gatehouse/messaging';
import { redisSettings } from '@gatehouse/plugins';
import type { Log } from '@gatehouse/policy';
import { createLogger, createTracing, exposeState, type Logger } from '@gatehouse/telemetry';
import { collectDefaultMetrics } from 'prom-client';
import { demoRoutes } from './demo-page/index.js';
import { type OpenedEvents, openEvents } from './events/outbox.js';
import { SidecarServer } from './server.js';
import { readSettings, type Settings, SettingsError } from './settings.js';
import { createSidecar } from './sidecar.js';
import { createWorld } from './world.js';

const USAGE = `usage: gatehouse auth-sidecar

Signs people in, keeps sessions and API keys, and tells of both. Settings come from the environment: .env.example has them all.
SIGTERM drains.`;

function explain(error: unknown): string {
  if (error instanceof SettingsError) return error.faults.join('\n');
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `port ${port} is in use: end what listens there, or set AUTH_SIDECAR_URL`;
  return message;
}

/** Without a secret of the operator's, one for this process: what it sealed dies with it. */
function withSecrets(settings: Settings, warn: (message: string) => void): Settings {
  if (settings.sealSecrets.length > 0) return settings;
  warn('AUTH_SIDECAR_SECRETS is not set: sign-ins do not outlive this process, and no second replica can finish them');
  return { ...settings, sealSecrets: [randomBytes(32).toString('base64url')] };
}

/** What a process has beside the sidecar itself, and its end in order. */
async function openWorld(settings: Settings, logger: Logger) {
  const log: Log = (level, message, fields) => logger[level](fields ?? {}, message);
  const tracing = createTracing({
    service: 'auth-sidecar',
    log: logger,
    ...(settings.traces === null ? {} : { endpoint: settings.traces }),
  });
  let opened: OpenedEvents | null = null;
  const events: EventPublisher = {
    publish: (event) => opened?.outbox.publish(event),
    stored: async (withinMs) => opened?.outbox.stored(withinMs) ?? false,
  };
  const world = createWorld({ variables: process.env, log, events, tracing });
  const { outbox, close } = await openEvents(settings.events, logger, () => redisSettings(process.env, world.deps.secrets, 'interview'));
  opened = { outbox, close };
  exposeState(world.registry, outboxMetrics, () => outbox.stats());
  collectDefaultMetrics({ register: world.registry });
  const end = async (): Promise<void> => {
    await close(settings.drainMs);
    await tracing.close();
    world.close();
  };
  return { world, log, outbox, end };
}

async function serve(): Promise<void> {
  const given = readSettings(process.env);
  const logger = createLogger({ service: 'auth-sidecar', level: given.logLevel, output: process.stderr });
  const settings = withSecrets(given, (message) => logger.warn({}, message));
  const { world, log, outbox, end } = await openWorld(settings, logger);
  let draining = false;
  const checks = [{ name: 'outbox', up: () => outbox.stats().storeUp }];
  const pages = settings.production ? [] : [demoRoutes()];
  const sidecar = createSidecar(world.deps, settings, { metrics: world.metrics, draining: () => draining, checks, pages });
  const server = new SidecarServer(sidecar.app, world.deps);
  const stop = async (): Promise<void> => {
    if (draining) return;
    draining = true;
    log('info', 'draining');
    await server.close(settings.drainMs);
    await sidecar.close();
    await end();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const port = await server.listen(settings.port, settings.host);
  log('info', 'ready', { host: settings.host, port, issuer: settings.oidc.issuer });
}

async function identityProvider(args: string[]): Promise<void> {
  // Its libraries are not for those who have a Keycloak.
  const { serveProvider } = await import('./provider/main.js');
  await serveProvider(args, process.env);
}

/** Runs a command; exits 1 when a setting or the port can't be used, 2 on wrong usage. */
export async function main(command: string, args: string[]): Promise<void> {
  try {
    if (command === 'identity-provider') return await identityProvider(args);
    if (args.length > 0) {
      process.stdout.write(`${USAGE}\n`);
      process.exit(args[0] === '--help' || args[0] === '-h' ? 0 : 2);
    }
    await serve();
  } catch (error) {
    const usage = String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
    process.stderr.write(`${explain(error)}\n${usage ? `try: gatehouse ${command} --help\n` : ''}`);
    process.exit(usage ? 2 : 1);
  }
}

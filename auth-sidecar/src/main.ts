/** `gatehouse auth-sidecar` and `gatehouse identity-provider`. */
import { randomBytes } from 'node:crypto';
import { createLog } from './log.js';
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

async function serve(): Promise<void> {
  const given = readSettings(process.env);
  const log = createLog(given.logLevel, (line) => process.stderr.write(line));
  const settings = withSecrets(given, (message) => log('warn', message));
  const events = { publish: () => undefined, stored: async () => true };
  const world = createWorld(process.env, log, events);
  let draining = false;
  const sidecar = createSidecar(world.deps, settings, { metrics: world.metrics, draining: () => draining });
  const server = new SidecarServer(sidecar.app, world.deps);
  const stop = async (): Promise<void> => {
    draining = true;
    log('info', 'draining');
    await server.close(settings.drainMs);
    await sidecar.close();
    world.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const port = await server.listen(settings.port, settings.host);
  log('info', 'ready', { host: settings.host, port, issuer: settings.oidc.issuer });
}

async function identityProvider(args: string[]): Promise<void> {
  const path = './provider/main.js';
  const provider = (await import(path)) as { serveProvider(args: string[], environment: NodeJS.ProcessEnv): Promise<void> };
  await provider.serveProvider(args, process.env);
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
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}

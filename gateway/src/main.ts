/** `gatehouse gateway`: the embedded data plane alone, in the foreground. */
import { parseArgs } from 'node:util';
import { formatFault } from '@gatehouse/kong-config/load';
import { listenAdmin } from './admin/server.js';
import { ConfigurationError, Gateway } from './gateway.js';
import { createLog } from './log.js';
import { readSettings, SettingsError } from './settings.js';
import type { KeyPair } from './tls/certificates.js';
import { readKeyPair, selfSigned } from './tls/standard-certificate.js';

const USAGE = `usage: gatehouse gateway --config FILE --port N [--host ADDRESS] [--tls-port N] [--admin-port N] [--status-port N]

  --config FILE      a DB-less kong.yml
  --port N           plain HTTP
  --host ADDRESS     where to listen; 127.0.0.1 unless given (0.0.0.0: everywhere)
  --tls-port N       HTTPS, with the configuration's certificates, KONG_SSL_CERT and KONG_SSL_CERT_KEY, or a self-signed one
  --admin-port N     configuration, health and metrics, on 127.0.0.1 only
  --status-port N    status and metrics

SIGTERM drains, SIGHUP reads the file again.`;

/** The command line can't be used. */
class UsageError extends Error {
  readonly code = 'USAGE';
}

interface Options {
  config: string;
  port: number;
  host: string;
  tlsPort: number | null;
  adminPort: number | null;
  statusPort: number | null;
}

function portOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new UsageError(`--${name}: "${text}" is no port`);
  return Number(text);
}

function readOptions(args: string[]): Options {
  const text = { type: 'string' } as const;
  const options = {
    config: text,
    port: text,
    host: text,
    'tls-port': text,
    'admin-port': text,
    'status-port': text,
    help: { type: 'boolean' },
  } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  const port = portOf('port', values.port);
  if (!values.config || port === null) throw new UsageError('--config and --port are needed');
  return {
    config: values.config,
    port,
    host: values.host ?? '127.0.0.1',
    tlsPort: portOf('tls-port', values['tls-port']),
    adminPort: portOf('admin-port', values['admin-port']),
    statusPort: portOf('status-port', values['status-port']),
  };
}

async function certificate(wanted: boolean): Promise<KeyPair> {
  const { KONG_SSL_CERT, KONG_SSL_CERT_KEY } = process.env;
  if (!wanted) return { cert: '', key: '' };
  if (KONG_SSL_CERT && KONG_SSL_CERT_KEY) return readKeyPair(KONG_SSL_CERT, KONG_SSL_CERT_KEY);
  return selfSigned(['localhost', '*.localhost', '127.0.0.1']);
}

function explain(error: unknown): string {
  if (error instanceof ConfigurationError) return error.faults.map(formatFault).join('\n');
  if (error instanceof UsageError) return error.message ? `${error.message}\n\n${USAGE}` : USAGE;
  if (error instanceof SettingsError) return error.message;
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `port ${port} is in use: end what listens there, or choose another`;
  return message;
}

async function serve(options: Options): Promise<void> {
  const settings = readSettings(process.env);
  const log = createLog(settings.logLevel);
  const gateway = new Gateway({
    settings,
    log,
    environment: process.env,
    standardCertificate: await certificate(options.tlsPort !== null),
  });
  await gateway.load(options.config);
  if (options.adminPort !== null) await listenAdmin(gateway, options.adminPort, '127.0.0.1', true);
  if (options.statusPort !== null) await listenAdmin(gateway, options.statusPort, options.host, false);
  if (options.tlsPort !== null) await gateway.listenTls(options.tlsPort, options.host);
  await gateway.listen(options.port, options.host);
  log('info', 'ready', { port: options.port, tlsPort: options.tlsPort, routes: gateway.config!.routes.length });
  watchSignals(gateway, options.config, log);
}

function watchSignals(gateway: Gateway, file: string, log: ReturnType<typeof createLog>): void {
  const stop = (): void => {
    log('info', 'draining');
    gateway.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.on('SIGHUP', () => {
    gateway.load(file).then(
      () => log('info', 'configuration reloaded', { routes: gateway.config!.routes.length }),
      (error) => log('error', 'configuration refused; the one before stays', { faults: explain(error).split('\n') }),
    );
  });
}

/** Runs the command; exits 1 when the configuration or a port can't be used, 2 on wrong usage. */
export async function main(_command: string, args: string[]): Promise<void> {
  try {
    await serve(readOptions(args));
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}

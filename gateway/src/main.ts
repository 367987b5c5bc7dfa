/** `gatehouse gateway`: the embedded data plane alone, in the foreground. `gatehouse validate`: whether it could serve a file. */
import cluster from 'node:cluster';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createRuntime } from '@gatehouse/plugins';
import { listenAdmin } from './admin/server.js';
import { type AdminSource, gatewaySource } from './admin/source.js';
import { explain } from './explain.js';
import { Gateway } from './gateway.js';
import { createLog } from './log.js';
import type { Log } from './phases/plane.js';
import { FileWatch } from './reload/file-watch.js';
import { Reloader } from './reload/reloader.js';
import { SourceFiles, type Sources } from './reload/sources.js';
import { readSettings, type Settings } from './settings.js';
import { selfSigned } from './tls/standard-certificate.js';
import { claimPort } from './workers/claim-port.js';
import { forkWorker, parentPort } from './workers/cluster-process.js';
import { Primary } from './workers/primary.js';
import { Worker } from './workers/worker.js';

const USAGE = `usage: gatehouse gateway --config FILE --port N [--host ADDRESS] [--tls-port N] [--admin-port N] [--status-port N]
       [--workers N]

  --config FILE      a DB-less kong.yml
  --port N           plain HTTP
  --host ADDRESS     where to listen; 127.0.0.1 unless given (0.0.0.0: everywhere)
  --tls-port N       HTTPS, with the configuration's certificates, KONG_SSL_CERT and KONG_SSL_CERT_KEY, or a self-signed one
  --admin-port N     configuration, health and metrics, on 127.0.0.1 only
  --status-port N    status and metrics
  --workers N        so many processes share the ports; 1 unless given

SIGTERM drains. The file is read again when it changes, and on SIGHUP.`;

const WORKERS_MAX = 128;
/** What workers get to end beside the time that their requests get. */
const END_MS = 5000;
/** Something must keep the first process alive while no worker is. */
const AWAKE_MS = 3_600_000;

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
  workers: number;
}

function portOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new UsageError(`--${name}: "${text}" is no port`);
  return Number(text);
}

function workersOf(text: string | undefined): number {
  if (text === undefined) return 1;
  if (!/^\d{1,3}$/.test(text) || Number(text) < 1 || Number(text) > WORKERS_MAX) {
    throw new UsageError(`--workers: "${text}" is no number from 1 to ${WORKERS_MAX}`);
  }
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
    workers: text,
    help: { type: 'boolean', short: 'h' },
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
    workers: workersOf(values.workers),
  };
}

async function sourceFiles({ config, tlsPort }: Options): Promise<SourceFiles> {
  const { KONG_SSL_CERT, KONG_SSL_CERT_KEY } = process.env;
  if (tlsPort === null) return new SourceFiles(config, { cert: '', key: '' });
  if (KONG_SSL_CERT && KONG_SSL_CERT_KEY) return new SourceFiles(config, { certFile: KONG_SSL_CERT, keyFile: KONG_SSL_CERT_KEY });
  return new SourceFiles(config, await selfSigned(['localhost', '*.localhost', '127.0.0.1']));
}

async function listenAdmins(options: Options, source: AdminSource): Promise<void> {
  if (options.adminPort !== null) await listenAdmin(source, options.adminPort, '127.0.0.1', true);
  if (options.statusPort !== null) await listenAdmin(source, options.statusPort, options.host, false);
}

/** What is the same however many processes serve. */
interface Surroundings {
  readonly options: Options;
  readonly settings: Settings;
  readonly log: Log;
  readonly files: SourceFiles;
  readonly sources: Sources;
  readonly signals: EarlySignals;
}

async function serveAlone({ options, settings, log, sources, ...rest }: Surroundings): Promise<void> {
  const gateway = new Gateway({ settings, log, environment: process.env, standardCertificate: sources.standard });
  gateway.apply(sources.text, sources.file);
  await listenAdmins(options, gatewaySource(gateway, randomUUID()));
  const { host, port, tlsPort } = options;
  if (tlsPort !== null) await gateway.listenTls({ port: tlsPort, host });
  await gateway.listen({ port, host });
  const use = async ({ text, file, standard }: Sources): Promise<number> => {
    gateway.apply(text, file);
    gateway.renewStandardCertificate(standard);
    return gateway.config!.routes.length;
  };
  const end = (): Promise<boolean> => gateway.close().then(() => true);
  begin({ options, settings, log, sources, ...rest }, gateway.config!.routes.length, use, end);
}

async function serveTogether({ options, settings, log, sources, ...rest }: Surroundings): Promise<void> {
  const { effects } = createRuntime({ log, environment: process.env });
  const { host, workers } = options;
  const primary = new Primary(sources, {
    workers,
    listen: {
      host,
      port: await claimPort(options.port, host),
      tlsPort: options.tlsPort === null ? null : await claimPort(options.tlsPort, host),
      // Spreads connections more evenly than one shared listener does; where the system has it.
      reusePort: process.platform === 'linux',
    },
    environment: process.env,
    log,
    timers: effects,
    now: Date.now,
    fork: forkWorker,
    effects,
  });
  const awake = setInterval(() => undefined, AWAKE_MS);
  try {
    await listenAdmins(options, primary);
    await primary.start();
  } catch (error) {
    primary.supervisor.kill();
    throw error;
  }
  const end = (): Promise<boolean> => {
    clearInterval(awake);
    return primary.end(settings.drainTimeoutMs + END_MS);
  };
  begin({ options, settings, log, sources, ...rest }, primary.config!.routes.length, (next) => primary.reload(next), end);
}

/** Signals that come before everything stands: the port may answer already, and none must end the process or be lost. */
class EarlySignals {
  private readonly came = new Set<NodeJS.Signals>();
  private readonly note = (signal: NodeJS.Signals): void => void this.came.add(signal);

  constructor(private readonly signals: readonly NodeJS.Signals[]) {
    for (const signal of signals) process.on(signal, this.note);
  }

  /** Who handles them from now on; what came is handled at once. */
  handTo(handlers: Readonly<Partial<Record<NodeJS.Signals, () => void>>>): void {
    for (const signal of this.signals) {
      const handler = handlers[signal]!;
      process.off(signal, this.note).on(signal, handler);
      if (this.came.has(signal)) handler();
    }
  }
}

/** From now on it serves: follows signals and files. */
function begin(around: Surroundings, routes: number, use: (sources: Sources) => Promise<number>, end: () => Promise<boolean>): void {
  const { options, settings, log, files, sources } = around;
  const reloader = new Reloader(sources, () => files.read(), use, log);
  const timers = {
    after: (ms: number, run: () => void) => setTimeout(run, ms).unref(),
    cancel: (timer: object) => clearTimeout(timer as NodeJS.Timeout),
  };
  const watch = settings.watchMs > 0 ? new FileWatch(files.files, settings.watchMs, () => reloader.changed(), timers) : null;
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    log('info', 'draining');
    watch?.close();
    end().then(
      (clean) => process.exit(clean ? 0 : 1),
      () => process.exit(1),
    );
  };
  around.signals.handTo({ SIGHUP: () => reloader.signalled(), SIGTERM: stop, SIGINT: stop });
  log('info', 'ready', {
    port: options.port,
    tlsPort: options.tlsPort,
    routes,
    ...(options.workers > 1 ? { workers: options.workers } : {}),
  });
}

async function serve(options: Options): Promise<void> {
  const signals = new EarlySignals(['SIGHUP', 'SIGTERM', 'SIGINT']);
  const settings = readSettings(process.env);
  const log = createLog(settings.logLevel);
  const files = await sourceFiles(options);
  const around = { options, settings, log, files, sources: await files.read(), signals };
  await (options.workers > 1 ? serveTogether(around) : serveAlone(around));
}

/** The life of a process that the first one has started. Signals of a terminal come to all processes: the first one says what to do. */
async function work(): Promise<void> {
  const settings = readSettings(process.env);
  const log = createLog(settings.logLevel, { worker: process.pid });
  const { effects } = createRuntime({ log, environment: process.env });
  const port = parentPort(process);
  const worker = new Worker({ settings, log, environment: process.env, port, timers: effects, exit: (code) => process.exit(code) });
  port.onMessage((message) => worker.channel.receive(message));
  process.on('SIGINT', () => undefined).on('SIGHUP', () => undefined);
  process.once('SIGTERM', () => worker.drain());
  process.once('disconnect', () => worker.orphaned());
  await worker.run();
}

/** Runs `validate`: exit code 0, 1 when something is wrong, 2 on wrong usage. */
async function validateCommand(args: string[]): Promise<void> {
  // What renders state files is not for a plane that starts.
  const { VALIDATE_USAGE, validate } = await import('@gatehouse/kong-config');
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(`${VALIDATE_USAGE}\n`);
  const { checkEmbedded, checkKong } = await import('./validate.js');
  const checks = { embedded: checkEmbedded, kong: checkKong };
  const root = fileURLToPath(new URL('../../', import.meta.url));
  try {
    process.exitCode = validate(args, { root, variables: process.env, checks, say: (line) => console.error(line) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (typeof code !== 'string') throw error;
    const usage = code === 'GH_USAGE' || code.startsWith('ERR_PARSE_ARGS');
    console.error(`gatehouse validate: ${message}${usage ? '\ntry: gatehouse validate --help' : ''}`);
    process.exitCode = usage ? 2 : 1;
  }
}

/** Runs the command; exits 1 when the configuration or a port can't be used, 2 on wrong usage. */
export async function main(command: string, args: string[]): Promise<void> {
  if (command === 'validate') return validateCommand(args);
  try {
    await (cluster.isWorker ? work() : serve(readOptions(args)));
  } catch (error) {
    const text = error instanceof UsageError ? [error.message, USAGE].filter((part) => part !== '').join('\n\n') : explain(error);
    process.stderr.write(`${text}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}

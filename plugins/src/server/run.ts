/** Runs a policy server until it is told to stop. */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { policies } from '../policies.js';
import { createRuntime } from '../runtime/index.js';
import { jsonLog } from './log.js';
import { PolicyServer } from './policy-server.js';
import { listenStatus } from './status-server.js';

/** The command line can't be understood. */
export class UsageError extends Error {
  readonly code = 'PLUGIN_SERVER_USAGE';
}

const SHARE = '/usr/local/kong';
const DRAIN_MS = 10_000;
const PARENT_MS = 1000;
/** By how much garbage may outgrow what is in use, in percent, before it is collected. V8's own measure is several times as much. */
const GARBAGE_PERCENT = 20;

type Environment = Readonly<Record<string, string | undefined>>;

/** What runs, for `main.ts` to stop. */
export interface Running {
  /** Ends well: what is under way is finished. */
  stop(): Promise<void>;
  /** Calls back once when the process that started this one is gone. */
  whenOrphaned(callback: () => void): void;
}

interface Settings {
  readonly pdkSockets: string[];
  readonly directSockets: string[];
  readonly statusPort: number | null;
  readonly followParent: boolean;
}

function portOf(value: string | undefined): number | null {
  if (value === undefined || value === '') return null;
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) throw new UsageError(`--status-port: "${value}" is no port`);
  return Number(value);
}

/** Without options it listens where the Lua under Kong looks for it: in Kong's prefix. */
function settingsOf(args: readonly string[], environment: Environment): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      socket: { type: 'string', multiple: true },
      direct: { type: 'string', multiple: true },
      transport: { type: 'string' },
      'status-port': { type: 'string' },
      'follow-parent': { type: 'boolean', default: false },
    },
  });
  const { transport } = values;
  if (transport !== undefined && transport !== 'pdk' && transport !== 'direct') throw new UsageError('--transport is pdk or direct');
  const prefix = environment['KONG_PREFIX'] ?? SHARE;
  const named = values.socket !== undefined || values.direct !== undefined;
  // The direct socket is there in both lanes: outcomes come by it.
  const pdkSockets = values.socket ?? (named || transport === 'direct' ? [] : [`${prefix}/gatehouse.sock`]);
  const directSockets = values.direct ?? (named ? [] : [`${prefix}/gatehouse-1.sock`]);
  return { pdkSockets, directSockets, statusPort: portOf(values['status-port']), followParent: values['follow-parent'] };
}

/**
 * Starts a policy server. Changes how this process collects garbage: its memory is to stay flat.
 * @param environment what secrets named `env:…` stand for, and `KONG_PREFIX`
 * @throws UsageError, or what keeps a socket from being listened on
 */
export async function runServer(args: readonly string[], environment: Environment): Promise<Running> {
  const settings = settingsOf(args, environment);
  setFlagsFromString(`--heap-growing-percent=${GARBAGE_PERCENT}`);
  const log = jsonLog(environment['GATEHOUSE_LOG_LEVEL']);
  const runtime = createRuntime({ log, environment });
  const { effects } = runtime;
  const { pdkSockets, directSockets } = settings;
  const server = new PolicyServer({ policies, effects, pdkSockets, directSockets });
  await server.start();
  if (settings.statusPort !== null) await listenStatus(settings.statusPort, server, runtime.registry);
  log('info', 'ready', { sockets: [...pdkSockets, ...directSockets], pid: process.pid });
  const stop = async (): Promise<void> => {
    log('info', 'stopping');
    await server.drain(DRAIN_MS);
    runtime.close();
  };
  return { stop, whenOrphaned: (callback) => settings.followParent && followParent(callback) };
}

/** A Kong worker that was killed leaves its plugin server behind; the next worker starts another. */
function followParent(callback: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, PARENT_MS);
  timer.unref();
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs, parseEnv } from 'node:util';
import { addressTable, signInTable, tokenTable, tryIt } from './addresses.js';
import { readOutbox } from './demo/events.js';
import { runDemo, walks } from './demo/index.js';
import type { DemoWorld } from './demo/run.js';
import type { Feature, Walk } from './demo/step.js';
import { initDataOf } from './demo/telegram.js';
import { type DevelopmentKey, developmentKey } from './development-key.js';
import { hostOf } from './hosts.js';
import { type Ink, type Paint, painter } from './paint.js';
import { answers, root, runCommand, spawnCommand, takenPorts } from './processes.js';
import { partVariables, readSettings, type Settings, SettingsError, type Variables } from './settings.js';
import { Stack, type StackWorld, StartError } from './stack.js';
import { type Part, PartFailedError } from './supervisor.js';
import { defaultTtlSeconds, isProduction, makeToken, parseClaims, type TokenMaker, TokenUsageError } from './token.js';

const runFolderOf = (settings: Settings): string => path.resolve(root, settings.runFolder);
/** The creator of gongbu's mock services. */
const CREATOR_TELEGRAM_ID = 700_001_002;
const partInks: Readonly<Record<string, Ink>> = {
  mocks: 'blue',
  identity: 'cyan',
  sidecar: 'yellow',
  gateway: 'green',
  healthpay: 'magenta',
};

/** The command line makes no sense. */
class UsageError extends Error {
  readonly code = 'DEVSTACK_USAGE';
}

/** What all commands share. */
interface Context {
  readonly variables: Variables;
  readonly settings: Settings;
  readonly paint: Paint;
  readonly tokens: TokenMaker;
}

function readContext(): Context {
  const file = path.join(root, '.env');
  const variables: Variables = { ...(existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}), ...process.env };
  const settings = readSettings(variables);
  let key: DevelopmentKey | undefined;
  const tokens: TokenMaker = {
    settings,
    variables,
    now: Date.now(),
    key: () => {
      key ??= developmentKey(runFolderOf(settings));
      return key;
    },
  };
  return { variables, settings, tokens, paint: painter(wantsColour(variables)) };
}

function wantsColour(variables: Variables): boolean {
  if (variables['NO_COLOR']) return false;
  return process.stdout.isTTY === true || Boolean(variables['FORCE_COLOR']);
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** The real world of a stack; `log` gets every line of every part. */
function stackWorld(
  { variables, settings }: Context,
  log: (part: string, line: string) => void,
  progress: (line: string) => void,
): StackWorld {
  const given = partVariables(variables, settings);
  return {
    spawn: (part: Part) => spawnCommand(part.args, given, (line) => log(part.name, line)),
    run: (args) => runCommand(args, given),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    now: () => performance.now(),
    say: (part, line) => log(part.name, line),
    answers,
    takenPorts,
    pause: (ms) => wait(ms),
    progress,
  };
}

/** First signal: end in order. Second: at once. */
function endOnSignal(stack: Stack, paint: Paint): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const end = (signal: string): void => {
      if (asked) {
        stack.supervisor.kill();
        return;
      }
      asked = true;
      print(paint('dim', `${signal}: ending (again: at once)`));
      void stack.supervisor.stop().then(resolve);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  });
}

/** The run folder, with the key that the identity provider signs with and its public half. */
function prepareFolder({ settings, tokens }: Context): void {
  const folder = runFolderOf(settings);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'interview-jwks.json'), `${JSON.stringify(tokens.key().jwks)}\n`);
}

async function start(args: string[]): Promise<number> {
  parseArgs({ args, options: {} });
  const context = readContext();
  const { paint, settings } = context;
  const log = (part: string, line: string): void =>
    print(`${paint(partInks[part] ?? 'cyan', part.padEnd(9))} ${paint('dim', '│')} ${line}`);
  prepareFolder(context);
  const stack = new Stack(settings, stackWorld(context, log, print));
  const ended = endOnSignal(stack, paint);
  try {
    const started = stack.start();
    const tookMs = await Promise.race([started, ended]);
    // Ended while it was starting: what still fails on the way is of no interest.
    started.catch(() => undefined);
    if (tookMs === undefined) return 0;
    announce(context, tookMs);
    await ended;
    return 0;
  } finally {
    await stack.supervisor.stop();
  }
}

function announce({ paint, settings, variables, tokens }: Context, tookMs: number): void {
  const token = (system: string, role: string): string => makeToken(tokens, system, role).token;
  print(`\n${paint('green', `Gatehouse is up after ${(tookMs / 1000).toFixed(1)} s.`)}\n`);
  for (const line of addressTable(paint, settings, variables)) print(line);
  const signIn = signInTable(paint, settings, variables);
  if (signIn.length > 0) print(`\n${paint('bold', 'Sign-in')} (in a browser; it warns of the development certificate once)\n`);
  for (const line of signIn) print(line);
  print(`\n${paint('bold', 'Development tokens')} (12 h; others: bin/gatehouse token SYSTEM ROLE)\n`);
  for (const line of tokenTable(paint, token)) print(line);
  print(`\n${tryIt(settings, variables)}\n`);
}

/** The walks of the named systems; all of them when none is named. */
function chooseWalks(names: readonly string[]): readonly Walk[] {
  const unknown = names.find((name) => !walks.some(({ system }) => system === name));
  if (unknown !== undefined) throw new UsageError(`unknown system "${unknown}": demo [${walks.map(({ system }) => system).join('|')}]…`);
  return names.length === 0 ? walks : walks.filter(({ system }) => names.includes(system));
}

/** What the demo needs of the parts of sign-in. */
function signInWorld({ settings, variables }: Context): Pick<DemoWorld, 'gatewayTls' | 'has' | 'known' | 'events'> {
  const given = partVariables(variables, settings);
  const redis = given['REDIS_URL'] || given['REDIS_HOST'];
  const features: Readonly<Record<Feature, boolean>> = {
    sidecar: settings.sidecar !== undefined,
    identity: settings.sidecar !== undefined && settings.identity !== undefined,
    outbox: settings.sidecar !== undefined && settings.identity !== undefined && readsOutbox(given),
    redis: settings.sidecar !== undefined && settings.identity !== undefined && Boolean(redis),
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

/** Whether events wait where this process can read them: with a Kafka they are gone at once. */
const readsOutbox = (given: Variables): boolean =>
  !given['INTERVIEW_KAFKA_BROKERS'] && !given['KAFKA_BROKERS'] && given['AUTH_OUTBOX_STORE'] !== 'redis';

async function demo(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, options: {}, allowPositionals: true });
  const chosen = chooseWalks(positionals);
  const context = readContext();
  const { settings, variables, tokens, paint } = context;
  const mock = (service: string): string => `http://127.0.0.1:${settings.mocks[service]?.[0]?.port}`;
  const world = {
    gateway: `http://127.0.0.1:${settings.proxy.port}`,
    alone: `http://127.0.0.1:${settings.healthpay.port}`,
    hostOf: (system: string) => hostOf(variables, system),
    mock,
    token: (system: string, role: string) => makeToken(tokens, system, role).token,
    pause: (ms: number) => wait(ms),
    now: () => performance.now(),
    ...signInWorld(context),
  };
  const running = (await Promise.all([settings.proxy, settings.healthpay].map(({ port }) => answers(port)))).every(Boolean);
  if (running) {
    print(paint('dim', 'a stack is running: walking through it'));
    return (await runDemo(world, paint, print, chosen)) === 0 ? 0 : 1;
  }
  return demoOnOwnStack(context, () => runDemo(world, paint, print, chosen));
}

async function demoOnOwnStack(context: Context, run: () => Promise<number>): Promise<number> {
  const { paint, settings } = context;
  const kept: string[] = [];
  const log = (part: string, line: string): void => {
    kept.push(`${part.padEnd(9)} ${line}`);
    if (kept.length > 100) kept.shift();
  };
  print(paint('dim', 'no stack is running: starting one for the demo'));
  prepareFolder(context);
  const stack = new Stack(
    settings,
    stackWorld(context, log, (line) => print(paint('dim', line))),
  );
  const ended = endOnSignal(stack, paint).then(() => 1);
  try {
    const outcome = stack.start().then(run);
    const failed = await Promise.race([outcome, ended]);
    outcome.catch(() => undefined);
    if (failed > 0) for (const line of kept) print(paint('dim', line));
    return failed === 0 ? 0 : 1;
  } finally {
    await stack.supervisor.stop();
  }
}

function token(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { claim: { type: 'string', multiple: true }, ttl: { type: 'string' } },
  });
  const [system, role] = positionals;
  if (system === undefined || role === undefined || positionals.length > 2) {
    throw new TokenUsageError(usages['token'] ?? '');
  }
  const ttl = Number(values.ttl ?? defaultTtlSeconds);
  if (!Number.isInteger(ttl)) throw new TokenUsageError(`--ttl takes whole seconds: "${values.ttl}"`);
  const { tokens, variables } = readContext();
  if (isProduction(variables)) throw new TokenUsageError('this is production (NODE_ENV): no development token is made here');
  const made = makeToken(tokens, system, role, parseClaims(values.claim ?? []), ttl);
  process.stderr.write(`${system} ${role}: ${made.note}, for development alone\n`);
  print(made.token);
  return 0;
}

/** Errors that are told in words; anything else is a fault of the program. */
function exitCodeOf(error: unknown): number {
  const { code } = error as { code?: unknown };
  if (error instanceof TokenUsageError || error instanceof UsageError || (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS')))
    return 2;
  if (error instanceof StartError || error instanceof SettingsError || error instanceof PartFailedError) return 1;
  throw error;
}

const usages: Readonly<Record<string, string>> = {
  start: 'usage: gatehouse start   (ports and addresses from the environment and .env, see .env.example)',
  demo: `usage: gatehouse demo [${walks.map(({ system }) => system).join('|')}]…   (on the running stack, else on one of its own)`,
  token: 'usage: gatehouse token SYSTEM ROLE [--claim NAME=VALUE]… [--ttl SECONDS]',
};

const commands: Readonly<Record<string, (args: string[]) => number | Promise<number>>> = { start, demo, token };

/** Runs `start`, `demo` or `token`. Exit code 1 when the stack cannot start or a step of the demo fails, 2 on wrong usage. */
export async function main(command: string, args: string[]): Promise<void> {
  // A reader that went away (`| head`) is no fault.
  process.stdout.on('error', () => undefined);
  if (args.includes('--help') || args.includes('-h')) return print(usages[command] ?? '');
  try {
    process.exitCode = await (commands[command] ?? token)(args);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    for (const line of (error as Error).message.split('\n')) process.stderr.write(`gatehouse ${command}: ${line}\n`);
    if (process.exitCode === 2) process.stderr.write(`try: gatehouse ${command} --help\n`);
  }
  process.exit();
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs, parseEnv } from 'node:util';
import { addressTable, redisNote, signInTable, tokenTable, tryIt } from './addresses.js';
import { runDemo, walks } from './demo/index.js';
import type { Walk } from './demo/step.js';
import { sharesRedis, signInWorld } from './demo/world.js';
import { type DevelopmentKey, developmentKey } from './development-key.js';
import { hostOf } from './hosts.js';
import { chooseRedis, findRedis, redisAddress, runRedis } from './own-redis.js';
import { type Ink, type Paint, painter } from './paint.js';
import { answers, root, runCommand, spawnCommand, takenPorts } from './processes.js';
import { partVariables, readSettings, type Settings, SettingsError, type Variables } from './settings.js';
import { Stack, type StackWorld, StartError } from './stack.js';
import { type Part, PartFailedError } from './supervisor.js';
import { defaultTtlSeconds, isProduction, makeToken, parseClaims, type TokenMaker, TokenUsageError } from './token.js';

const runFolderOf = (settings: Settings): string => path.resolve(root, settings.runFolder);
const partInks: Readonly<Record<string, Ink>> = {
  mocks: 'blue',
  redis: 'red',
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

/** The context of a stack that is given no Redis: with one of its own, where this machine has a server. */
async function withRedis(context: Context): Promise<Context> {
  const redis = await chooseRedis(context.variables);
  if (redis === undefined) return context;
  return {
    ...context,
    variables: { ...context.variables, REDIS_URL: redisAddress(redis) },
    settings: { ...context.settings, redis },
  };
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
  const context = await withRedis(readContext());
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
  for (const line of redisNote(paint, settings, variables)) print(line);
}

/** The walks of the named systems; all of them when none is named. */
function chooseWalks(names: readonly string[]): readonly Walk[] {
  const unknown = names.find((name) => !walks.some(({ system }) => system === name));
  if (unknown !== undefined) throw new UsageError(`unknown system "${unknown}": demo [${walks.map(({ system }) => system).join('|')}]…`);
  return names.length === 0 ? walks : walks.filter(({ system }) => names.includes(system));
}

async function demo(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, options: {}, allowPositionals: true });
  const chosen = chooseWalks(positionals);
  const context = readContext();
  const { settings, paint } = context;
  const running = (await Promise.all([settings.proxy, settings.healthpay].map(({ port }) => answers(port)))).every(Boolean);
  if (!running) return demoOnOwnStack(await withRedis(context), chosen);
  print(paint('dim', 'a stack is running: walking through it'));
  return walkThrough(context, chosen);
}

/** The demo on a stack that runs; how many steps failed decides the exit code. */
async function walkThrough({ settings, variables, tokens, paint }: Context, chosen: readonly Walk[]): Promise<number> {
  const mock = (service: string): string => `http://127.0.0.1:${settings.mocks[service]?.[0]?.port}`;
  const world = {
    gateway: `http://127.0.0.1:${settings.proxy.port}`,
    alone: `http://127.0.0.1:${settings.healthpay.port}`,
    hostOf: (system: string) => hostOf(variables, system),
    mock,
    token: (system: string, role: string) => makeToken(tokens, system, role).token,
    pause: (ms: number) => wait(ms),
    now: () => performance.now(),
    ...signInWorld(settings, variables, await sharesRedis(variables)),
  };
  return (await runDemo(world, paint, print, chosen)) === 0 ? 0 : 1;
}

async function demoOnOwnStack(context: Context, chosen: readonly Walk[]): Promise<number> {
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
    const outcome = stack.start().then(() => walkThrough(context, chosen));
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

/** Runs the Redis of a stack, until SIGTERM. */
async function redis(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { port: { type: 'string', default: '6379' } } });
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port < 1 || port > 65_535) throw new UsageError(`--port takes a port: "${values.port}"`);
  const program = findRedis(process.env);
  if (program === undefined) throw new StartError(['no redis-server is on PATH: install one, or name it by GATEHOUSE_REDIS_SERVER']);
  const onSignal = (end: () => void): void => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  };
  return runRedis({ program, port }, onSignal, print);
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
  redis: 'usage: gatehouse redis [--port PORT]   (6379; on this machine alone, nothing on disk)',
  token: 'usage: gatehouse token SYSTEM ROLE [--claim NAME=VALUE]… [--ttl SECONDS]',
};

const commands: Readonly<Record<string, (args: string[]) => number | Promise<number>>> = { start, demo, token, redis };

/** Runs `start`, `demo`, `token` or `redis`. Exit code 1 when the stack cannot start or a step of the demo fails, 2 on wrong usage. */
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

/** Commands of the plugins' part. Each loads only what it needs: Kong waits for a dump before it starts. */
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

const SCHEMAS_USAGE = `usage: gatehouse schemas [--check]

  writes what is made from the policies' schemas: JSON Schema, Kong schema, tables of the READMEs
  --check  writes nothing; fails when something is not current`;

const SERVER_USAGE = `usage: gatehouse plugin-server [--transport pdk|direct] [--socket PATH] [--direct PATH]… [--status-port N] [--follow-parent]
       gatehouse plugin-server --dump NAME

  serves Kong: policies as plugins (pdk) and as a policy server (direct)
  --dump NAME  what Kong must know of a plugin, as JSON`;

/** The command line can't be understood: says what was wrong and how to ask. */
function refuse(command: string, message: string): void {
  console.error(`gatehouse ${command}: ${message}\ntry: gatehouse ${command} --help`);
  process.exitCode = 2;
}

const asksHelp = (args: readonly string[]): boolean => args.includes('--help') || args.includes('-h');

async function schemas(args: string[]): Promise<void> {
  const unknown = args.find((arg) => arg !== '--check');
  if (unknown !== undefined) return refuse('schemas', `unknown option "${unknown}"`);
  const { staleFiles, writeGenerated } = await import('./generate.js');
  if (!args.includes('--check')) {
    writeGenerated(root);
    return;
  }
  const stale = staleFiles(root);
  if (stale.length === 0) return;
  console.error(['generated files are not current; run "gatehouse schemas":', ...stale.map((file) => `  plugins/${file}`)].join('\n'));
  process.exitCode = 1;
}

async function dumpPlugin(name: string | undefined): Promise<void> {
  const { dump } = await import('./server/dump.js');
  process.stdout.write(dump(name ?? '', path.join(root, 'schemas')));
}

async function serve(args: string[]): Promise<void> {
  const { runServer } = await import('./server/run.js');
  const running = await runServer(args, process.env);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    running.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  running.whenOrphaned(stop);
}

async function pluginServer(args: string[]): Promise<void> {
  try {
    if (args[0] === '--dump') await dumpPlugin(args[1]);
    else await serve(args);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'PLUGIN_SERVER_USAGE' || code.startsWith('ERR_PARSE_ARGS')) return refuse('plugin-server', message);
    console.error(`gatehouse plugin-server: ${message}`);
    process.exit(1);
  }
}

async function help(command: string): Promise<void> {
  const { USAGE } = await import('./operator.js');
  const usages: Readonly<Record<string, string>> = { schemas: SCHEMAS_USAGE, 'plugin-server': SERVER_USAGE, limits: USAGE, breaker: USAGE };
  process.stdout.write(`${usages[command] ?? ''}\n`);
}

async function operator(command: string, args: string[]): Promise<void> {
  const { operate } = await import('./operator.js');
  try {
    for (const line of await operate(command, args, process.env)) console.log(line);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'OPERATOR_USAGE') return refuse(command, message);
    console.error(message);
    process.exitCode = 1;
  }
}

/**
 * `schemas [--check]`: writes what is made from the policies' schemas, or says what is not current.
 * `plugin-server [--dump NAME] [--transport pdk|direct] [--socket PATH] [--direct PATH]… [--status-port N] [--follow-parent]`: serves Kong.
 * `limits reset …`, `breaker show|open|close …`: what an operator does to what nodes share.
 */
export async function main(command: string, args: string[]): Promise<void> {
  if (asksHelp(args)) return help(command);
  if (command === 'schemas') return schemas(args);
  if (command === 'plugin-server') return pluginServer(args);
  if (command === 'limits' || command === 'breaker') return operator(command, args);
  console.error(`gatehouse: the plugins know no command "${command}"`);
  process.exitCode = 2;
}

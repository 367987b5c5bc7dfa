/** Commands of the plugins' part. Each loads only what it needs: Kong waits for a dump before it starts. */
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

async function schemas(check: boolean): Promise<void> {
  const { staleFiles, writeGenerated } = await import('./generate.js');
  if (!check) {
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
    console.error(`gatehouse plugin-server: ${(error as Error).message}`);
    process.exit(1);
  }
}

async function operator(command: string, args: string[]): Promise<void> {
  const { operate } = await import('./operator.js');
  try {
    for (const line of await operate(command, args, process.env)) console.log(line);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

/**
 * `schemas [--check]`: writes what is made from the policies' schemas, or says what is not current.
 * `plugin-server [--dump NAME] [--transport pdk|direct] [--socket PATH] [--direct PATH]… [--status-port N] [--follow-parent]`: serves Kong.
 * `limits reset …`, `breaker show|open|close …`: what an operator does to what nodes share.
 */
export async function main(command: string, args: string[]): Promise<void> {
  if (command === 'schemas') return schemas(args.includes('--check'));
  if (command === 'plugin-server') return pluginServer(args);
  if (command === 'limits' || command === 'breaker') return operator(command, args);
  console.error(`gatehouse: the plugins know no command "${command}"`);
  process.exitCode = 2;
}

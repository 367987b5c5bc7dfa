/** `gatehouse render`: reads the command line and the environment, writes files, sets the exit code. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatFault } from './declarative/format.js';
import { parseDeclarative } from './declarative/load.js';
import { firstDifference } from './render/difference.js';
import { defaultsFile, environmentOf, listSystems, readEnvFile, readStateFiles, UnknownSystemError } from './render/files.js';
import type { Transport } from './render/fuse.js';
import { type Rendered, render, type StateFile } from './render/render.js';
import type { Fault } from './types.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const committedFile = 'kong/kong.yml';
const deckFolder = 'kong/deck';

/** The command line can't be understood. */
class UsageError extends Error {
  readonly code = 'GH_USAGE';
}

type Values = Record<string, string | undefined>;

const USAGE = `usage: gatehouse render [--system NAME…] [--target dbless|deck] [--transport pdk|direct] [--fuse|--no-fuse]
                        [--out FILE] [--env-file FILE]
       gatehouse render --check

  --system NAME…   these systems alone; all of them unless given
  --target dbless  one kong.yml, to standard output unless --out names a file (default)
  --target deck    a tagged file per system for \`deck gateway sync\`, into kong/deck unless --out names a folder
  --transport      how Kong asks the policies: as plugins (pdk, the default for decK) or over a socket (direct)
  --no-fuse        one plugin per policy, instead of one for all policies of a route
  --env-file FILE  values from this file alone, instead of the environment and .env
  --check          fails when kong/kong.yml is not what .env.example renders to`;

/** A reader that went away (`| head`) is no fault. */
const readerLeft = (): void => undefined;

/** Runs `render`. Exit code 0, 1 for a faulty configuration or a stale file, 2 for a command line that makes no sense. */
export async function main(command: string, args: string[]): Promise<void> {
  process.stdout.off('error', readerLeft).on('error', readerLeft);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  try {
    process.exitCode = renderCommand(args);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    for (const line of (error as Error).message.split('\n')) console.error(`gatehouse ${command}: ${line}`);
    if (process.exitCode === 2) console.error(`try: gatehouse ${command} --help`);
  }
}

/** Errors of the command line and of files that can't be read are told; any other is a fault of the program. */
function exitCodeOf(error: unknown): number {
  const code = (error as { code?: unknown }).code;
  if (error instanceof UsageError || error instanceof UnknownSystemError) return 2;
  if (typeof code !== 'string') throw error;
  return code.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}

const renderOptions = {
  system: { type: 'string', multiple: true },
  target: { type: 'string', default: 'dbless' },
  out: { type: 'string' },
  'env-file': { type: 'string' },
  check: { type: 'boolean', default: false },
  transport: { type: 'string' },
  fuse: { type: 'boolean' },
  'no-fuse': { type: 'boolean' },
} as const;

function renderCommand(args: string[]): number {
  const { values: options, positionals } = parseArgs({ args, options: renderOptions, allowPositionals: true });
  if (positionals.length > 0 && options.system === undefined) throw new UsageError(`"${positionals[0]}" is not an option: --system NAME…`);
  if (options.target !== 'dbless' && options.target !== 'deck') throw new UsageError('--target is dbless or deck');
  if (options.check) return checkCommitted();
  const systems = [...(options.system ?? []), ...positionals].flatMap((name) => name.split(','));
  const form = formOf(options);
  const rendered = renderFiles(readStateFiles(root, systems), environmentOf(root, options['env-file'], process.env), form);
  if (rendered.dbless === null) return report(rendered.faults);
  return options.target === 'deck' ? writeDeck(rendered.deck(), options.out) : writeDbless(rendered.dbless, options.out);
}

/** In which form Kong gets our policies. */
interface Form {
  transport?: Transport;
  fuse?: boolean;
}

/** What decK syncs is for Kong in any case; a DB-less file is for the embedded plane unless a transport (or fusion) is asked for. */
function formOf(options: { transport?: string; fuse?: boolean; 'no-fuse'?: boolean; target: string }): Form {
  const { transport, target } = options;
  const single = options['no-fuse'] === true;
  if (transport !== undefined && transport !== 'pdk' && transport !== 'direct') throw new UsageError('--transport is pdk or direct');
  if (single && options.fuse === true) throw new UsageError('--fuse and --no-fuse exclude each other');
  if (single && transport === 'direct')
    throw new UsageError('the direct lane asks for all policies of a route at once: not with --no-fuse');
  if (transport === undefined && options.fuse !== true && !single && target !== 'deck') return {};
  return { transport: transport ?? 'pdk', fuse: !single };
}

function renderFiles(files: StateFile[], values: Values, form: Form = {}): Rendered {
  const defaults = readEnvFile(path.join(root, defaultsFile));
  return render({ files, values, defaults, systems: listSystems(root), parse: parseDeclarative, ...form });
}

/** Compares the committed file with what the defaults alone render to. */
function checkCommitted(): number {
  const rendered = renderFiles(readStateFiles(root, []), {});
  if (rendered.dbless === null) return report(rendered.faults);
  const file = path.join(root, committedFile);
  const difference = firstDifference(rendered.dbless, fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
  if (difference === undefined) return 0;
  console.error(`${committedFile} is stale: run \`make render\` and commit it. First difference (- committed, + rendered), ${difference}`);
  return 1;
}

function writeDbless(text: string, out = '-'): number {
  if (out === '-') process.stdout.write(text);
  else replaceFile(out, text);
  return 0;
}

function writeDeck(files: readonly { name: string; text: string }[], out = path.join(root, deckFolder)): number {
  fs.mkdirSync(out, { recursive: true });
  for (const { name, text } of files) {
    replaceFile(path.join(out, name), text);
    console.error(path.join(out, name));
  }
  return 0;
}

/** Writes beside the file and renames, so that a reader never sees half of it. */
function replaceFile(file: string, text: string): void {
  fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, text);
  try {
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

function report(faults: readonly Fault[]): number {
  for (const fault of faults) console.error(formatFault(fault));
  console.error(`${faults.length} fault${faults.length === 1 ? '' : 's'}`);
  return 1;
}

/** `gatehouse validate`: whether files can be served, by the plane that they are meant for. */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatFault } from './declarative/format.js';
import { parseDeclarative } from './declarative/load.js';
import { defaultsFile, environmentOf, listSystems, readEnvFile, readStateFiles } from './render/files.js';
import { checkPluginOrderOf } from './render/plugin-order.js';
import { render, type StateFile } from './render/render.js';
import type { Fault, KongConfig, Loaded, Places } from './types.js';

type Values = Readonly<Record<string, string | undefined>>;

/** The planes that a file may be for. */
export const targets = ['embedded', 'kong'] as const;
export type PlaneTarget = (typeof targets)[number];

/** What a plane would refuse at its start, of a file that is well-formed. */
export type PlaneCheck = (
  config: KongConfig,
  source: { file: string; places: Places },
  options: { values: Values; secrets: boolean },
) => Fault[];

export interface ValidateOptions {
  /** The repository. */
  readonly root: string;
  /** The environment. */
  readonly variables: Values;
  readonly checks: Readonly<Record<PlaneTarget, PlaneCheck>>;
  /** Takes a line for the operator. */
  say(line: string): void;
}

export const VALIDATE_USAGE = `usage: gatehouse validate [FILE…] [--target embedded|kong] [--secrets] [--env-file FILE]

  FILE             a decK state file or a DB-less kong.yml; all of kong/systems unless given
  --target         the plane that is to serve it: the embedded one (default), or Kong with our plugins
  --secrets        secrets that are named must be there, as they must be when the plane starts
  --env-file FILE  values from this file alone, instead of the environment and .env`;

/** The command line can't be understood. */
export class ValidateUsageError extends Error {
  readonly code = 'GH_USAGE';
}

/** What a run goes by. */
interface Run extends ValidateOptions {
  readonly target: PlaneTarget;
  readonly values: Values;
  readonly parse: (text: string, file: string) => Loaded;
}

const options = {
  'env-file': { type: 'string' },
  target: { type: 'string', default: 'embedded' },
  secrets: { type: 'boolean', default: false },
} as const;

const isTarget = (text: string): text is PlaneTarget => (targets as readonly string[]).includes(text);

/**
 * Checks files, or all state files of the repository.
 * @returns the exit code: 0, or 1 when something is wrong
 * @throws ValidateUsageError, and parseArgs's errors, for a command line that makes no sense
 */
export function validate(args: string[], given: ValidateOptions): number {
  const { positionals, values: said } = parseArgs({ args, options, allowPositionals: true });
  if (!isTarget(said.target)) throw new ValidateUsageError(`--target is ${targets.join(' or ')}`);
  const values = environmentOf(given.root, said['env-file'], given.variables);
  const check = given.checks[said.target];
  const parse = (text: string, file: string): Loaded => {
    const loaded = parseDeclarative(text, file);
    if (loaded.config === null) return loaded;
    const faults = check(loaded.config, { file, places: loaded.places }, { values, secrets: said.secrets });
    return faults.length === 0 ? loaded : { config: null, faults, places: null };
  };
  const run: Run = { ...given, target: said.target, values, parse };
  if (positionals.length === 0) return validateSources('kong/systems', readStateFiles(given.root, []), run);
  return Math.max(...positionals.map((file) => validateFile(file, run)));
}

function validateFile(file: string, run: Run): number {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    run.say(`${file}: the file can't be read (${(error as Error).message})`);
    return 1;
  }
  if (/^_info:/m.test(text) || text.includes('${{')) return validateSources(file, [{ file, text, system: systemOf(file) }], run);
  const { faults, config } = run.parse(text, file);
  const all = config === null ? faults : checkPluginOrderOf(text, file);
  return config === null || all.length > 0 ? report(all, run) : accept(file, config, run);
}

/** Checks state files by rendering them: faults are told where they stand in the sources. */
function validateSources(name: string, files: StateFile[], run: Run): number {
  const defaults = readEnvFile(path.join(run.root, defaultsFile));
  const form = run.target === 'kong' ? ({ transport: 'pdk', fuse: false } as const) : {};
  const rendered = render({ files, values: run.values, defaults, systems: listSystems(run.root), parse: run.parse, ...form });
  if (rendered.dbless === null) return report(rendered.faults, run);
  const { faults, config } = parseDeclarative(rendered.dbless, name);
  return config === null ? report(faults, run) : accept(name, config, run);
}

function systemOf(file: string): string | null {
  const folder = path.dirname(path.resolve(file));
  return path.basename(path.dirname(folder)) === 'systems' ? path.basename(folder) : null;
}

function accept(name: string, config: KongConfig, { say, target }: Run): number {
  const counts = [config.services, config.routes, config.plugins].map((list) => list.length);
  say(
    `${name}: valid for the ${target === 'kong' ? 'Kong' : 'embedded'} plane (${counts[0]} services, ${counts[1]} routes, ${counts[2]} plugins)`,
  );
  return 0;
}

function report(faults: readonly Fault[], { say }: Run): number {
  for (const fault of faults) say(formatFault(fault));
  say(`${faults.length} fault${faults.length === 1 ? '' : 's'}`);
  return 1;
}

import fs from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import type { StateFile } from './render.js';

type Values = Readonly<Record<string, string | undefined>>;

/** A system was asked for that has no state file. */
export class UnknownSystemError extends Error {
  readonly code = 'GH_UNKNOWN_SYSTEM';
}

/** What all systems share lies here, relative to the repository; a system served alone answers on any host, so the last one drops out. */
const platformFile = 'kong/platform/kong.yml';
const unknownHostFile = 'kong/platform/unknown-host.yml';

/** Names of all systems that have a state file, in the order of the alphabet. */
export function listSystems(root: string): string[] {
  const folder = path.join(root, 'kong/systems');
  const names = fs.readdirSync(folder).filter((name) => fs.existsSync(path.join(folder, name, 'kong.yml')));
  return names.sort();
}

/**
 * Reads the state files of some systems (all when none is named) and of the platform.
 * @throws UnknownSystemError for a name that has no state file
 */
export function readStateFiles(root: string, wanted: readonly string[]): StateFile[] {
  const known = listSystems(root);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new UnknownSystemError(`no system "${unknown.join('", "')}": there are ${known.join(', ')}`);
  const systems = wanted.length > 0 ? known.filter((name) => wanted.includes(name)) : known;
  const shared = systems.length === 1 ? [platformFile] : [platformFile, unknownHostFile];
  return [
    ...shared.map((file) => readStateFile(root, file, null)),
    ...systems.map((system) => readStateFile(root, `kong/systems/${system}/kong.yml`, system)),
  ];
}

function readStateFile(root: string, file: string, system: string | null): StateFile {
  return { file, text: fs.readFileSync(path.join(root, file), 'utf8'), system };
}

/** Where every variable has its meaning and its default, relative to the repository. */
export const defaultsFile = '.env.example';

/** The environment, with the `.env` of the repository below it; or one file and nothing else. */
export function environmentOf(root: string, file: string | undefined, variables: Values): Values {
  if (file !== undefined) return readEnvFile(path.resolve(file));
  const local = path.join(root, '.env');
  return { ...(fs.existsSync(local) && readEnvFile(local)), ...variables };
}

/** Reads a file of `NAME=value` lines. */
export function readEnvFile(file: string): Record<string, string | undefined> {
  return parseEnv(fs.readFileSync(file, 'utf8'));
}

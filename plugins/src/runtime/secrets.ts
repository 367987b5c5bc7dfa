/** Secrets by name: from the environment or from files, read when asked for, never kept in a configuration. */
import fs from 'node:fs';
import { SecretError, type Secrets } from '@gatehouse/policy';

const FILE_MAX = 65_536;
/** How the message ends for a secret that is not there, as it may be where a configuration is only looked at. */
const ABSENT = ['the variable is not set', 'the file can not be read'] as const;

/** Whether a fault of a configuration is only that a secret is not there. */
export const isAbsentSecret = (message: string): boolean => ABSENT.some((end) => message.endsWith(end));

function fromFile(reference: string, path: string): string {
  try {
    const size = fs.statSync(path).size;
    if (size > FILE_MAX) throw new SecretError(reference, `the file is larger than ${FILE_MAX} bytes`);
    return fs.readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof SecretError) throw error;
    throw new SecretError(reference, ABSENT[1]);
  }
}

/** @param environment what `env:NAME` stands for */
export function secretsFrom(environment: Readonly<Record<string, string | undefined>>): Secrets {
  return {
    read(reference) {
      const colon = reference.indexOf(':');
      const kind = reference.slice(0, colon);
      const name = reference.slice(colon + 1);
      if (kind !== 'env' && kind !== 'file') throw new SecretError(reference, 'write env:NAME or file:/path');
      const value = kind === 'env' ? (environment[name] ?? '') : fromFile(reference, name);
      if (value === '') throw new SecretError(reference, kind === 'env' ? ABSENT[0] : 'the file is empty');
      return value;
    },
  };
}

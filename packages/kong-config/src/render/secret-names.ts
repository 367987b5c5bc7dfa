import type { Environment } from '../env/environment.js';
import { entries } from './entities.js';
import type { Prepared } from './prepare.js';
import { isTree } from './source.js';

const named = /^env:([A-Za-z_][A-Za-z0-9_]*)$/;

/**
 * Secrets are named, never read: where an operator set one under its bare name (`JWT_SECRET` of a system that is served alone), the
 * rendered file names that one.
 */
export function renameSecrets(prepared: readonly Prepared[], environment: Environment): void {
  for (const { tree } of prepared) {
    for (const { kind, entity } of entries(tree)) {
      if (kind === 'plugins') entity['config'] = renamed(entity['config'], environment);
    }
  }
}

/** Objects and lists are changed in place, so that faults are still told where they stand in the source. */
function renamed(value: unknown, environment: Environment): unknown {
  if (typeof value === 'string') {
    const name = named.exec(value)?.[1];
    return name === undefined ? value : `env:${environment.nameOf(name)}`;
  }
  if (Array.isArray(value)) for (const [index, item] of value.entries()) value[index] = renamed(item, environment);
  else if (isTree(value)) for (const [key, item] of Object.entries(value)) value[key] = renamed(item, environment);
  return value;
}

import { entries, nameOf } from './entities.js';
import type { Prepared } from './prepare.js';
import { isTree, type Tree } from './source.js';

/**
 * Narrows the guard's list of systems to those that are rendered. A system that answers on any host (served alone, or with the host
 * `*`) becomes the guard's default, so that its clients see its form of errors whatever host they ask.
 */
export function completeGuard(prepared: readonly Prepared[], rendered: readonly string[], alone: string | undefined): void {
  for (const { tree } of prepared) {
    for (const { kind, entity } of entries(tree)) {
      if (kind === 'plugins' && nameOf(entity) === 'guard') completeConfig(entity['config'], rendered, alone);
    }
  }
}

function completeConfig(config: unknown, rendered: readonly string[], alone: string | undefined): void {
  if (!isTree(config) || !Array.isArray(config['systems'])) return;
  const systems = config['systems'].filter((system) => !isTree(system) || rendered.length === 0 || rendered.includes(nameOf(system)));
  const anyHost = systems.find((system) => isTree(system) && hostsOf(system).includes('*'));
  const fallback = alone ?? (anyHost && nameOf(anyHost as Tree));
  if (fallback !== undefined) config['default_system'] ??= fallback;
  for (const system of systems) {
    if (isTree(system) && Array.isArray(system['hosts'])) system['hosts'] = hostsOf(system).filter((host) => host !== '*');
  }
  config['systems'] = systems;
}

function hostsOf(system: Tree): unknown[] {
  return Array.isArray(system['hosts']) ? system['hosts'] : [];
}

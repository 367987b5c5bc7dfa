import type { PluginSource } from '../entities/plugins.js';
import { closest } from '../schema/closest.js';
import type { PluginSchema } from '../schema/types.js';
import { bundledSchemas } from './bundled.js';
import { fusedPlugins } from './gatehouse.js';
import { guard } from './guard.js';
import { policySchemas } from './policies.js';

/** The names of the plugins that come with Kong Gateway 3.9 (open source). */
export const BUNDLED_PLUGINS: ReadonlySet<string> = new Set(bundledSchemas.map(({ name }) => name));

/** Thrown when a plugin schema can't be taken in. */
export class PluginSchemaError extends Error {
  readonly code = 'PLUGIN_SCHEMA';
}

const registered = new Map<string, PluginSchema>(
  [...bundledSchemas, guard, ...fusedPlugins, ...policySchemas()].map((schema) => [schema.name, schema]),
);

/** The schemas of all plugins known so far, by name. */
export const pluginSchemas: ReadonlyMap<string, PluginSchema> = registered;

/**
 * Makes a plugin's configuration known to the loader.
 *
 * @throws {PluginSchemaError} for the name of a plugin that comes with Kong (Kong's own would win), or one that is known already
 */
export function registerPluginSchema(schema: PluginSchema): void {
  if (BUNDLED_PLUGINS.has(schema.name)) throw new PluginSchemaError(`'${schema.name}' is a plugin of Kong's own`);
  if (registered.has(schema.name)) throw new PluginSchemaError(`the plugin '${schema.name}' is registered already`);
  registered.set(schema.name, schema);
}

/** The plugins of this package and those registered, with more beside them for one load. */
export function pluginSource(more: readonly PluginSchema[] = []): PluginSource {
  const extra = new Map(more.map((schema) => [schema.name, schema]));
  return {
    get: (name) => extra.get(name) ?? registered.get(name),
    hint: (name) => {
      const near = closest(name, [...extra.keys(), ...registered.keys()]);
      return near === undefined ? undefined : `did you mean '${near}'?`;
    },
  };
}

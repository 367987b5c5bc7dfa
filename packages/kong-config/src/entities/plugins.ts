import { protocols, tags, timestamp, utf8Name, uuid } from '../schema/typedefs.js';
import type { EntitySchema, Fields, PluginSchema, Subschema } from '../schema/types.js';

function noForeign(reference: string): Fields[string] {
  return { type: 'foreign', reference, eq: null };
}

function toSubschema(plugin: PluginSchema): Subschema {
  const fields: Record<string, Fields[string]> = { config: plugin.config };
  if (plugin.protocols !== undefined) fields['protocols'] = plugin.protocols;
  if (plugin.no_consumer === true) fields['consumer'] = noForeign('consumers');
  if (plugin.no_route === true) fields['route'] = noForeign('routes');
  if (plugin.no_service === true) fields['service'] = noForeign('services');
  return plugin.entity_checks === undefined ? { fields } : { fields, entity_checks: plugin.entity_checks };
}

const subschemas = new WeakMap<PluginSchema, Subschema>();

function subschemaOf(plugin: PluginSchema): Subschema {
  let subschema = subschemas.get(plugin);
  if (subschema === undefined) {
    subschema = toSubschema(plugin);
    subschemas.set(plugin, subschema);
  }
  return subschema;
}

/** Where plugin schemas come from, and what may have been meant by a name that has none. */
export interface PluginSource {
  get(name: string): PluginSchema | undefined;
  hint(name: string): string | undefined;
}

/**
 * The plugin entity; its `config` and checks come from the plugin that its name says.
 * https://docs.konghq.com/gateway/3.9.x/admin-api/#plugin-object
 */
export function pluginsEntity(source: PluginSource): EntitySchema {
  return {
    name: 'plugins',
    endpoint_key: 'instance_name',
    cache_key: ['name', 'route', 'service', 'consumer'],
    subschemas: {
      key: 'name',
      find: (name) => {
        const plugin = typeof name === 'string' ? source.get(name) : undefined;
        return plugin === undefined ? undefined : subschemaOf(plugin);
      },
      unknown: (name) => `plugin '${name}' not enabled; add it to the 'plugins' configuration property`,
      hint: source.hint,
    },
    fields: {
      id: uuid,
      name: { type: 'string', required: true },
      instance_name: utf8Name,
      created_at: timestamp,
      route: { type: 'foreign', reference: 'routes' },
      service: { type: 'foreign', reference: 'services' },
      consumer: { type: 'foreign', reference: 'consumers' },
      config: { type: 'record', fields: {}, abstract: true },
      protocols,
      enabled: { type: 'boolean', required: true, default: true },
      tags,
    },
  };
}

import type { EntitySchema } from '../schema/types.js';
import { caCertificates, certificates } from './certificates.js';
import { credentials } from './credentials.js';
import { keySets, keys, vaults } from './others.js';
import { type PluginSource, pluginsEntity } from './plugins.js';
import { routes } from './routes.js';
import { services } from './services.js';
import { consumers, snis, targets } from './small.js';
import { upstreams } from './upstreams.js';

/**
 * All entities, each after those that it refers to.
 *
 * @param plugins where the schemas of plugins come from
 */
export function entitySchemasWith(plugins: PluginSource): ReadonlyMap<string, EntitySchema> {
  const ordered = [
    consumers,
    certificates,
    services,
    routes,
    snis,
    upstreams,
    targets,
    pluginsEntity(plugins),
    caCertificates,
    vaults,
    keySets,
    keys,
    ...credentials,
  ];
  return new Map(ordered.map((schema) => [schema.name, schema]));
}

/** What a known entity is called when it has no part here, with the reason. */
export const UNSUPPORTED_ENTITIES: ReadonlyMap<string, string> = new Map([
  ['consumer_groups', 'consumer groups belong to Kong Enterprise; use acls'],
  ['filter_chains', 'WebAssembly filters are not supported'],
  ['workspaces', 'workspaces are not supported'],
  ['parameters', 'cluster parameters are not supported'],
  ['clustering_data_planes', 'hybrid mode is not supported'],
  ['oauth2_credentials', 'the oauth2 plugin is not supported'],
  ['oauth2_authorization_codes', 'the oauth2 plugin is not supported'],
  ['oauth2_tokens', 'the oauth2 plugin is not supported'],
  ['sessions', 'sessions stored in the database are not supported'],
  ['acme_storage', 'storage of the acme plugin in the database is not supported'],
  ['ratelimiting_metrics', 'counters stored in the database are not supported'],
]);

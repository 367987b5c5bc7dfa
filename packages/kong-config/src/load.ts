/** The loader alone, for those who start fast: nothing that renders comes with it. */
export { readDocument } from './declarative/document.js';
export { formatFault } from './declarative/format.js';
export { keyOf, uuidV5For } from './declarative/ids.js';
export { entitySchemas, type LoadOptions, loadTree, parseDeclarative } from './declarative/load.js';
export { type EnvironmentVaults, environmentResolver, type ReferenceResolver } from './declarative/vault.js';
export { DocumentError } from './declarative/yaml.js';
export { BUNDLED_PLUGINS, PluginSchemaError, pluginSchemas, registerPluginSchema } from './plugins/index.js';
export type { EntitySchema, Field, Fields, PluginSchema, RecordField } from './schema/types.js';
export type * from './types.js';

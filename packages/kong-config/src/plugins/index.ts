import { closest } from '../declarative/closest.js';
import type { PluginSource } from '../entities/plugins.js';
import type { PluginSchema } from '../schema/types.js';
import { correlationId } from './correlation-id.js';
import { cors } from './cors.js';
import { ipRestriction } from './ip-restriction.js';
import { prometheus } from './prometheus.js';
import { proxyCache } from './proxy-cache.js';
import { requestSizeLimiting } from './request-size-limiting.js';
import { requestTermination } from './request-termination.js';
import { requestTransformer } from './request-transformer.js';
import { responseTransformer } from './response-transformer.js';

/** The plugins that come with Kong Gateway 3.9 (open source). */
export const BUNDLED_PLUGINS: ReadonlySet<string> = new Set(
  `jwt acl correlation-id cors oauth2 tcp-log udp-log file-log http-log key-auth hmac-auth basic-auth ip-restriction
  request-transformer response-transformer request-size-limiting rate-limiting response-ratelimiting syslog loggly datadog
  ldap-auth statsd bot-detection aws-lambda request-termination prometheus proxy-cache session acme grpc-gateway grpc-web
  pre-function post-function azure-functions zipkin opentelemetry ai-proxy ai-prompt-decorator ai-prompt-template
  ai-prompt-guard ai-request-transformer ai-response-transformer standard-webhooks redirect`.split(/\s+/),
);

const BUILT_IN: readonly PluginSchema[] = [
  cors,
  correlationId,
  requestTransformer,
  responseTransformer,
  requestSizeLimiting,
  ipRestriction,
  requestTermination,
  proxyCache,
  prometheus,
];

/** Thrown when a plugin schema can't be taken in. */
export class PluginSchemaError extends Error {
  readonly code = 'PLUGIN_SCHEMA';
}

const registered = new Map<string, PluginSchema>(BUILT_IN.map((schema) => [schema.name, schema]));

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

function unknownPlugin(name: string, known: Iterable<string>): { message: string; hint?: string } {
  if (BUNDLED_PLUGINS.has(name)) return { message: `plugin '${name}' comes with Kong but is not supported here` };
  const message = `plugin '${name}' not enabled; add it to the 'plugins' configuration property`;
  const near = closest(name, known);
  return near === undefined ? { message } : { message, hint: `did you mean '${near}'?` };
}

/** The plugins of this package and those registered, with more beside them for one load. */
export function pluginSource(more: readonly PluginSchema[] = []): PluginSource {
  const extra = new Map(more.map((schema) => [schema.name, schema]));
  return {
    get: (name) => extra.get(name) ?? registered.get(name),
    unknown: (name) => unknownPlugin(name, [...extra.keys(), ...registered.keys()]),
  };
}

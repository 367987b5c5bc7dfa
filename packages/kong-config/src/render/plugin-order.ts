import { Environment } from '../env/environment.js';
import type { Fault } from '../types.js';
import { type Entry, entries, nameOf } from './entities.js';
import { Origins } from './origins.js';
import { isTree, readSource, type Tree } from './source.js';

/** The policies that say who a request is from or may be from; on a route with one of them nothing else may answer first. */
const identityPolicies = new Set(['signature', 'api-key', 'jwt-auth', 'permissions']);

/** Bundled plugins that decide or answer after the policies have run fused, at 1940, but in Kong's eyes still before the service. */
const decidingBelow = new Set([
  'acl',
  'ai-prompt-guard',
  'ai-proxy',
  'ai-request-transformer',
  'aws-lambda',
  'azure-functions',
  'basic-auth',
  'hmac-auth',
  'ip-restriction',
  'jwt',
  'key-auth',
  'ldap-auth',
  'oauth2',
  'post-function',
  'proxy-cache',
  'rate-limiting',
  'redirect',
  'request-size-limiting',
  'request-termination',
  'response-ratelimiting',
  'session',
  'standard-webhooks',
]);

/** Which of our policies does what a bundled plugin does, in its place above. */
const replacements: Readonly<Record<string, string>> = {
  acl: 'permissions',
  'basic-auth': 'jwt-auth or api-key',
  'hmac-auth': 'signature',
  'ip-restriction': 'a route of its own without identity',
  jwt: 'jwt-auth',
  'key-auth': 'api-key',
  oauth2: 'jwt-auth',
  'rate-limiting': 'redis-rate-limit',
  'request-size-limiting': 'sanitize (body.max_bytes)',
  'request-termination': 'a route of its own without identity',
  'response-ratelimiting': 'redis-rate-limit',
  'standard-webhooks': 'signature',
};

/** Headers that must be gone before an answer may come from a cache. */
const credentialHeaders = ['authorization', 'cookie'];

/**
 * Refuses what would let a bundled plugin answer where a policy should have: on a route with an identity policy, any bundled plugin
 * that decides or answers below it; on every other route, `proxy-cache` without a `request-transformer` that drops the credentials.
 */
export function checkPluginOrder(merged: Tree, origins: Origins): Fault[] {
  const all = [...entries(merged)];
  const plugins = all.filter((entry) => entry.kind === 'plugins' && entry.entity['enabled'] !== false);
  const faults: Fault[] = [];
  for (const route of all.filter((entry) => entry.kind === 'routes')) {
    const running = pluginsOf(route, plugins);
    const identity = [...running.keys()].find((name) => identityPolicies.has(name));
    for (const [name, plugin] of running) {
      const problem = problemOf(name, identity, running);
      if (problem !== undefined) faults.push(faultAt(plugin, route, problem, origins));
    }
  }
  return faults;
}

/** The same for a file that is no state file, and so names nothing of the environment. */
export function checkPluginOrderOf(text: string, file: string): Fault[] {
  const origins = new Origins();
  const { tree } = readSource(file, text, new Environment({ values: {}, defaults: {}, systems: [] }), origins);
  return checkPluginOrder(tree, origins);
}

/** The instance of each plugin that runs for a route: the route's own, else its service's, else the global one. */
export function pluginsOf(route: Entry, plugins: Entry[]): Map<string, Entry> {
  const running = new Map<string, { plugin: Entry; rank: number }>();
  for (const plugin of plugins) {
    const rank = rankFor(plugin, route);
    const name = nameOf(plugin.entity);
    if (rank > (running.get(name)?.rank ?? -1)) running.set(name, { plugin, rank });
  }
  return new Map([...running].map(([name, { plugin }]) => [name, plugin]));
}

/** 2 when a plugin stands on the route, 1 on its service, 0 when it is global, -1 when it doesn't run for the route. */
function rankFor({ entity, parent }: Entry, route: Entry): number {
  if (parent?.entity === route.entity || refersTo(entity['route'], route.entity)) return 2;
  const service = route.parent?.entity ?? route.entity['service'];
  if (parent !== null) return parent.entity === service ? 1 : -1;
  if (entity['route'] !== undefined || entity['consumer'] !== undefined) return -1;
  if (entity['service'] === undefined) return 0;
  return isTree(service) && refersTo(entity['service'], service) ? 1 : -1;
}

function refersTo(reference: unknown, entity: Tree): boolean {
  const name = isTree(reference) ? (reference['name'] ?? reference['id']) : reference;
  return name !== undefined && (name === entity['name'] || name === entity['id']);
}

function problemOf(name: string, identity: string | undefined, running: Map<string, Entry>): string | undefined {
  if (!decidingBelow.has(name)) return undefined;
  if (identity !== undefined) return `${name} decides below the policies, so it can't share a route with ${identity}`;
  if (name === 'proxy-cache' && !dropsCredentials(running.get('request-transformer'))) {
    return `proxy-cache needs a request-transformer that removes ${credentialHeaders.join(' and ')} first`;
  }
  return undefined;
}

function dropsCredentials(plugin: Entry | undefined): boolean {
  const config = plugin?.entity['config'];
  const remove = isTree(config) ? config['remove'] : undefined;
  const headers = isTree(remove) && Array.isArray(remove['headers']) ? remove['headers'].map((name) => String(name).toLowerCase()) : [];
  return credentialHeaders.every((name) => headers.includes(name));
}

function faultAt(plugin: Entry, route: Entry, message: string, origins: Origins): Fault {
  const place = origins.locate(plugin.entity, 'name');
  const name = nameOf(plugin.entity);
  const instead = replacements[name] === undefined ? '' : `; use ${replacements[name]} instead`;
  const hint = `it runs for the route "${nameOf(route.entity)}"${instead}`;
  return { file: place?.file ?? '', path: place?.path ?? 'plugins', message, hint };
}

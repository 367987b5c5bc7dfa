/**
 * A Kong double with a body: the embedded plane listens, routes, proxies and runs Kong's own plugins; our plugins run in the double's
 * workers, as our real Lua, and ask real plugin servers.
 */
import fs from 'node:fs';
import path from 'node:path';
import { formatFault, type KongConfig } from '@gatehouse/kong-config';
import { type DoubleConfig, type DoublePlugin, KongDouble, type PluginInfo, queryPlugin } from '@gatehouse/testkit';
import { ConfigurationError, Gateway } from '../../../gateway/src/gateway.js';
import type { PluginTwin } from '../../../gateway/src/plugin.js';
import { readSettings } from '../../../gateway/src/settings.js';
import { LuaPlugin } from './lua-plugin.js';

const root = path.resolve(import.meta.dirname, '../../..');
export const command = path.join(root, 'bin/gatehouse');

/** Our Lua plugins, and the phases that they have. */
const LUA: Readonly<Record<string, { priority: number; phases: readonly string[] }>> = {
  guard: { priority: 755, phases: ['rewrite', 'access', 'header_filter', 'body_filter', 'log'] },
  'gatehouse-direct': { priority: 1940, phases: ['access'] },
};

/** Names of the plugins that a plugin server may be asked for: the policies, and all of a route as one. */
const EXTERNAL = ['gatehouse', ...policyNames()];

function policyNames(): string[] {
  const files = fs.readdirSync(path.join(root, 'plugins/schemas')).filter((file) => file.endsWith('.kong.json'));
  return files.map((file) => file.slice(0, -'.kong.json'.length));
}

export interface KongPlaneOptions {
  /** Kong's prefix. */
  readonly prefix: string;
  readonly workers?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Variables of the data plane (KONG_TRUSTED_IPS and the like). */
  readonly variables?: Readonly<Record<string, string>>;
  /** Asks a plugin server for a plugin; ours is asked unless given. */
  query?(name: string): Promise<PluginInfo>;
  /** Where that one listens; `gatehouse.sock` in the prefix unless given. */
  readonly socket?: string;
}

const known = new Map<string, Promise<PluginInfo>>();

/** What our plugin server says of a plugin, asked once per process. */
function queryOurs(name: string): Promise<PluginInfo> {
  const info = known.get(name) ?? queryPlugin(command, ['plugin-server', '--dump', name]);
  known.set(name, info);
  return info;
}

export class KongPlane implements AsyncDisposable {
  readonly double: KongDouble;
  /** Lines of the embedded plane's own log: what went wrong in a plugin is here. */
  readonly log: string[] = [];
  port = 0;
  private readonly gateway: Gateway;
  private readonly infos = new Map<string, PluginInfo>();
  private readonly twins = new Map<string, PluginTwin>();

  private constructor(private readonly options: KongPlaneOptions) {
    const { prefix, workers, environment, variables } = options;
    this.double = new KongDouble({ prefix, workers: workers ?? 1, environment: environment ?? {} });
    for (const [name, { priority, phases }] of Object.entries(LUA)) this.addTwin(name, priority, phases);
    const settings = readSettings({ GATEWAY_LOG_LEVEL: 'warn', KONG_HEADERS: 'off', ...variables });
    this.gateway = new Gateway({
      settings,
      log: (level, message, fields) => void this.log.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
      environment: {},
      standardCertificate: { cert: '', key: '' },
      twins: this.twins,
    });
  }

  /** Starts on a free port. @param configuration a rendered DB-less file */
  static async start(configuration: string, options: KongPlaneOptions): Promise<KongPlane> {
    const plane = new KongPlane(options);
    try {
      await plane.reload(configuration);
      plane.port = await plane.gateway.listen({ port: 0, host: '127.0.0.1' });
      return plane;
    } catch (error) {
      await plane[Symbol.asyncDispose]();
      if (error instanceof ConfigurationError) throw new Error(error.faults.map(formatFault).join('\n'), { cause: error });
      throw error;
    }
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.port}`);
  }

  /** Takes another configuration in use. */
  async reload(configuration: string): Promise<void> {
    for (const name of EXTERNAL) {
      if (!configuration.includes(`name: ${name}\n`) && !configuration.includes(`"name":"${name}"`)) continue;
      const info = await (this.options.query ?? queryOurs)(name);
      this.infos.set(name, info);
      this.addTwin(name, info.Priority, info.Phases);
    }
    this.gateway.apply(configuration, 'kong.yml');
    this.double.configure(this.configOf(this.gateway.config!));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.close();
    this.double[Symbol.dispose]();
  }

  private addTwin(name: string, priority: number, phases: readonly string[]): void {
    const plugin = new LuaPlugin(name, phases, this.double, this.options.prefix);
    this.twins.set(name, { name, priority, version: '1.0.0', create: () => plugin });
  }

  private configOf({ plugins, routes, services }: KongConfig): DoubleConfig {
    const own = plugins.filter(({ name, enabled }) => enabled && this.twins.has(name));
    const names = [...new Set(['guard', ...own.map(({ name }) => name)])];
    const named = ({ id, name, tags }: { id: string; name?: string | null; tags?: readonly string[] | null }) => ({
      id,
      name: name ?? '',
      tags: tags ?? [],
    });
    return {
      plugins: names.map((name) => this.pluginOf(name)),
      entities: own.map(({ name, id, route, service, config }) => ({
        name,
        id,
        ...(route ? { route: route.id } : {}),
        ...(service ? { service: service.id } : {}),
        config: config as Record<string, unknown>,
      })),
      routes: routes.map(named),
      services: services.map(named),
    };
  }

  private pluginOf(name: string): DoublePlugin {
    const info = this.infos.get(name);
    if (!info) return { name };
    const socket = this.options.socket ?? path.join(this.options.prefix, 'gatehouse.sock');
    return { name, socket, server: name === 'gatehouse' ? 'gatehouse' : `gatehouse_${name.replaceAll('-', '_')}`, priority: info.Priority };
  }
}

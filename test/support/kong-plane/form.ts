/** The forms in which Kong runs policies, and the plugin servers that each needs. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { RenderInput } from '@gatehouse/kong-config';
import { ManagedServer } from '@gatehouse/testkit';
import { command } from './kong-plane.js';

export const forms = ['pdk', 'direct', 'single'] as const;
/** All of a route as one on the PDK lane (the default), the same on the direct lane, and one plugin per policy on the PDK lane. */
export type Form = (typeof forms)[number];

/** How the renderer is to write it. */
export function renderedAs(form: Form): Pick<RenderInput, 'transport' | 'fuse'> {
  return { transport: form === 'direct' ? 'direct' : 'pdk', fuse: form !== 'single' };
}

export interface ServersOptions {
  /** Kong starts a server again, at most once in so many milliseconds; null: never. */
  readonly respawnMs?: number | null;
  readonly environment?: Readonly<Record<string, string>>;
  /** Arguments of Node. */
  readonly node?: readonly string[];
  /** More arguments of the server. */
  readonly more?: readonly string[];
  /** The server with the policy that makes trouble (trouble-server.mjs), in place of ours. */
  readonly trouble?: boolean;
}

/** Kong's prefix with the plugin servers that kong/kong.env starts: one for both lanes, one that stands by for the direct lane. */
export class Servers implements AsyncDisposable {
  readonly prefix = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-kong-'));
  readonly all: ManagedServer[] = [];

  constructor(private readonly options: ServersOptions = {}) {}

  /** Starts one or both. */
  static async start(count: 1 | 2, options: ServersOptions = {}): Promise<Servers> {
    const servers = new Servers(options);
    servers.add(1);
    if (count === 2) servers.add(2);
    try {
      await Promise.all(servers.all.map((server) => server.ready()));
      return servers;
    } catch (error) {
      await servers[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Another process in place of number 1 or 2. */
  add(number: 1 | 2): ManagedServer {
    const direct = path.join(this.prefix, `gatehouse-${number}.sock`);
    const pdk = path.join(this.prefix, 'gatehouse.sock');
    const args = [...(number === 1 ? ['--socket', pdk] : []), '--direct', direct];
    const { environment = {}, node = [], more = [], respawnMs = null, trouble = false } = this.options;
    const server = new ManagedServer({
      command: trouble ? process.execPath : command,
      args: trouble ? [path.join(import.meta.dirname, 'trouble-server.mjs')] : ['plugin-server', ...args, ...more],
      environment: {
        ...process.env,
        KONG_PREFIX: this.prefix,
        LIVE_MEMORY: path.join(this.prefix, 'live'),
        NODE_OPTIONS: node.join(' '),
        ...environment,
      },
      sockets: number === 1 ? [pdk, direct] : [direct],
      respawnMs,
    });
    this.all.push(server);
    return server;
  }

  /** Lets the trouble begin, or end. */
  setTrouble(on: boolean): void {
    const file = path.join(this.prefix, 'trouble');
    if (on) fs.writeFileSync(file, '');
    else fs.rmSync(file, { force: true });
  }

  /** What they wrote. */
  get output(): string {
    return this.all.map(({ output }) => output).join('');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((server) => server.stop()));
    fs.rmSync(this.prefix, { recursive: true, force: true });
  }
}

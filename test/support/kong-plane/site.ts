/** A service behind a Kong double, routes with policies in front of it, and clients that ask without a pause. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Form, Servers, type ServersOptions } from './form.js';
import { KongPlane } from './kong-plane.js';

/** A policy with its configuration. */
export interface Policy {
  readonly name: string;
  readonly config: object;
}

/** Policies by route; the path of a route is its name. */
export type Routes = Readonly<Record<string, readonly Policy[]>>;

/** What reached the service. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: Buffer;
}

function pluginsOf(form: Form, policies: readonly Policy[]): object[] {
  if (form === 'single' || policies.length === 0) return [...policies];
  const name = form === 'direct' ? 'gatehouse-direct' : 'gatehouse';
  return [{ name, config: { system: 'gongbu', policies: JSON.stringify(policies) } }];
}

/** A DB-less file with the guard, one service and a route for each name. */
export function configuration(form: Form, port: number, routes: Routes): string {
  const list = Object.entries(routes).map(([name, policies]) => ({
    name,
    paths: [`/${name}`],
    strip_path: false,
    tags: ['system-gongbu'],
    plugins: pluginsOf(form, policies),
  }));
  const service = { name: 'service', url: `http://127.0.0.1:${port}`, routes: list };
  return JSON.stringify({ _format_version: '3.0', services: [service], plugins: [{ name: 'guard' }] });
}

/** A service that says hello and remembers who came. */
export class Service implements AsyncDisposable {
  readonly arrived: Arrived[] = [];
  private readonly server = http.createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { method = '', url = '', rawHeaders: headers } = request;
    this.arrived.push({ method, url, headers, body: Buffer.concat(pieces) });
    response.setHeader('Content-Type', 'text/plain').end('from the service');
  });

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export interface SiteOptions extends ServersOptions {
  readonly form: Form;
  readonly routes: Routes;
  readonly servers?: 1 | 2;
  readonly workers?: number;
  /** Of the Lua. */
  readonly lua?: Readonly<Record<string, string>>;
}

/** All of it together. */
export class Site implements AsyncDisposable {
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 200 });

  private constructor(
    readonly options: SiteOptions,
    readonly service: Service,
    readonly port: number,
    readonly servers: Servers,
    readonly kong: KongPlane,
  ) {}

  static async start(options: SiteOptions): Promise<Site> {
    await using ends = new AsyncDisposableStack();
    const service = ends.use(new Service());
    const port = await service.listen();
    const servers = ends.use(await Servers.start(options.servers ?? 1, options));
    const { form, routes, workers = 1, lua = {} } = options;
    const kong = await KongPlane.start(configuration(form, port, routes), { prefix: servers.prefix, workers, environment: lua });
    ends.move();
    return new Site(options, service, port, servers, kong);
  }

  /** Takes other routes in use. */
  reload(routes: Routes): Promise<void> {
    return this.kong.reload(configuration(this.options.form, this.port, routes));
  }

  ask(path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Reply> {
    const options = { host: '127.0.0.1', port: this.kong.port, path, method, agent: this.agent };
    const all = { Host: 'gongbu.localhost', ...(body ? { 'Content-Length': body.length } : {}), ...headers };
    return new Promise((resolve, reject) => {
      const request = http.request({ ...options, headers: all }, async (response) => {
        const pieces: Buffer[] = [];
        try {
          for await (const piece of response) pieces.push(piece as Buffer);
        } catch (error) {
          return reject(error);
        }
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) });
      });
      request.on('error', reject).end(body);
    });
  }

  /** Statuses of so many requests at once. */
  async many(count: number, path: string): Promise<number[]> {
    const replies = await Promise.all(Array.from({ length: count }, () => this.ask(path)));
    return [...new Set(replies.map(({ status }) => status))].sort();
  }

  /**
   * Asks with `clients` connections, each without a pause, until what happens meanwhile is over.
   * @returns how often each status came; 0 is a connection that broke
   */
  async under(clients: number, path: string, meanwhile: () => Promise<unknown>): Promise<Map<number, number>> {
    const statuses = new Map<number, number>();
    let going = true;
    const client = async (): Promise<void> => {
      while (going) {
        const status = await this.ask(path).then(
          (reply) => reply.status,
          () => 0,
        );
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const all = Array.from({ length: clients }, client);
    try {
      await meanwhile();
    } finally {
      going = false;
      await Promise.all(all);
    }
    return statuses;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.agent.destroy();
    await this.kong[Symbol.asyncDispose]();
    await this.service[Symbol.asyncDispose]();
    await this.servers[Symbol.asyncDispose]();
  }
}

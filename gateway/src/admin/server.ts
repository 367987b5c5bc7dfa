/** The local admin and status listeners: what the plane runs with, health, metrics. Read-only but for a reload. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { twins } from '../plugins/index.js';
import { type AdminSource, VERSION } from './source.js';

type Answer = { status: number; body: unknown; type?: string };

const LISTS = ['services', 'routes', 'upstreams', 'targets', 'consumers', 'plugins', 'snis', 'ca_certificates'] as const;

/** Values under names like these never leave, whatever entity they stand in. */
const SECRET = /secret|password|^key$|private|token/i;

function redact(value: unknown, name = ''): unknown {
  if (typeof value === 'string' && SECRET.test(name)) return '***';
  if (Array.isArray(value)) return value.map((item) => redact(item, name));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redact(item, key)]));
}

async function statusOf(source: AdminSource): Promise<Answer> {
  const { connections, requests, rss, heapUsed } = await source.status();
  return {
    status: 200,
    body: {
      server: { connections_active: connections, requests_in_flight: requests },
      memory: { rss, heap_used: heapUsed },
      workers: source.workers,
      configuration: { routes: source.config?.routes.length ?? 0, services: source.config?.services.length ?? 0 },
    },
  };
}

function ready(source: AdminSource): Answer {
  if (source.ready) return { status: 200, body: { message: 'ready' } };
  return { status: 503, body: { message: source.config ? 'not all workers serve' : 'no configuration available' } };
}

/** What takes asking the processes. */
function asked(source: AdminSource, path: string): Promise<Answer> | null {
  if (path === '/status') return statusOf(source);
  if (path !== '/metrics') return null;
  return source.metrics().then((body) => ({ status: 200, body, type: 'text/plain; version=0.0.4; charset=utf-8' }));
}

/** What a path's segment stands for; null when an escape in it is none. */
function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function adminRoutes(source: AdminSource, path: string): Answer | null {
  if (path === '/') return { status: 200, body: { version: VERSION, plugins: { available_on_server: [...twins.keys()] } } };
  const list = LISTS.find((name) => path === `/${name}`);
  if (list) return { status: 200, body: { data: redact(source.config?.[list] ?? []), next: null } };
  const health = /^\/upstreams\/([^/]{1,255})\/health$/.exec(path);
  if (!health) return null;
  const name = decoded(health[1]!);
  const upstream = source.upstreams().find((entry) => entry.name === name);
  return upstream ? { status: 200, body: { data: upstream } } : { status: 404, body: { message: 'Not found' } };
}

function send(response: http.ServerResponse, answer: Answer): void {
  const text = answer.type ? String(answer.body) : JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'Content-Type': answer.type ?? 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

function handle(source: AdminSource, admin: boolean, request: http.IncomingMessage, response: http.ServerResponse): void {
  request.resume();
  const path = (request.url ?? '/').split('?')[0]!;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return send(response, { status: 405, body: { message: 'Method not allowed' } });
  }
  const later = asked(source, path);
  if (!later) {
    const known = path === '/status/ready' ? ready(source) : admin ? adminRoutes(source, path) : null;
    return send(response, known ?? { status: 404, body: { message: 'Not found' } });
  }
  later.then(
    (answer) => send(response, answer),
    () => send(response, { status: 500, body: { message: 'this could not be read' } }),
  );
}

/**
 * @param admin whether the configuration is shown too, or only status and metrics
 * @returns the server and its port
 */
export async function listenAdmin(
  source: AdminSource,
  port: number,
  host: string,
  admin: boolean,
): Promise<{ server: http.Server; port: number }> {
  const server = http.createServer({ maxHeaderSize: 8192, requestTimeout: 10_000 }, (request, response) => {
    handle(source, admin, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

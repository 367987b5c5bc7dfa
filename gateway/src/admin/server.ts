/** The local admin and status listeners: what the plane runs with, health, metrics. Read-only but for a reload. */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gateway } from '../gateway.js';
import { twins } from '../plugins/index.js';
import { metricsText } from '../plugins/prometheus/index.js';

type Answer = { status: number; body: unknown; type?: string };

const VERSION = '3.9.3';

const LISTS = ['services', 'routes', 'upstreams', 'targets', 'consumers', 'plugins', 'snis', 'ca_certificates'] as const;

/** Values under names like these never leave, whatever entity they stand in. */
const SECRET = /secret|password|^key$|private|token/i;

function redact(value: unknown, name = ''): unknown {
  if (typeof value === 'string' && SECRET.test(name)) return '***';
  if (Array.isArray(value)) return value.map((item) => redact(item, name));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redact(item, key)]));
}

function statusOf(gateway: Gateway): Answer {
  const { connections, requests } = gateway.server.counts;
  const memory = process.memoryUsage();
  return {
    status: 200,
    body: {
      server: { connections_active: connections, requests_in_flight: requests },
      memory: { rss: memory.rss, heap_used: memory.heapUsed },
      configuration: { routes: gateway.config?.routes.length ?? 0, services: gateway.config?.services.length ?? 0 },
    },
  };
}

function ready(gateway: Gateway): Answer {
  return gateway.config ? { status: 200, body: { message: 'ready' } } : { status: 503, body: { message: 'no configuration available' } };
}

function statusRoutes(gateway: Gateway, path: string): Answer | null {
  if (path === '/status') return statusOf(gateway);
  if (path === '/status/ready') return ready(gateway);
  return null;
}

/** Kong's metrics, then those of our policies. */
async function metrics(gateway: Gateway, nodeId: string): Promise<Answer> {
  const { connections, requests, accepted, served } = gateway.server.counts;
  const node = { nodeId, version: VERSION, accepted, requests: served, active: connections, writing: requests };
  const body = metricsText(gateway.balancer, node) + (await gateway.runtime.registry.metrics());
  return { status: 200, body, type: 'text/plain; version=0.0.4; charset=utf-8' };
}

/** What a path's segment stands for; null when an escape in it is none. */
function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function adminRoutes(gateway: Gateway, path: string): Answer | null {
  if (path === '/') return { status: 200, body: { version: VERSION, plugins: { available_on_server: [...twins.keys()] } } };
  const list = LISTS.find((name) => path === `/${name}`);
  if (list) return { status: 200, body: { data: redact(gateway.config?.[list] ?? []), next: null } };
  const health = /^\/upstreams\/([^/]{1,255})\/health$/.exec(path);
  if (!health) return null;
  const name = decoded(health[1]!);
  const upstream = gateway.balancer.snapshot().find((entry) => entry.name === name);
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

/**
 * @param admin whether the configuration is shown too, or only status and metrics
 * @returns the server and its port
 */
export async function listenAdmin(
  gateway: Gateway,
  port: number,
  host: string,
  admin: boolean,
): Promise<{ server: http.Server; port: number }> {
  const nodeId = randomUUID();
  const server = http.createServer({ maxHeaderSize: 8192, requestTimeout: 10_000 }, (request, response) => {
    request.resume();
    const path = (request.url ?? '/').split('?')[0]!;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return send(response, { status: 405, body: { message: 'Method not allowed' } });
    }
    const known = statusRoutes(gateway, path) ?? (admin ? adminRoutes(gateway, path) : null);
    if (known || path !== '/metrics') return send(response, known ?? { status: 404, body: { message: 'Not found' } });
    metrics(gateway, nodeId).then(
      (answer) => send(response, answer),
      () => send(response, { status: 500, body: { message: 'the metrics could not be read' } }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

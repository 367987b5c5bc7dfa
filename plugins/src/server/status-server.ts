/** Health and metrics of a policy server, for whoever watches it, on the loopback address. */
import { once } from 'node:events';
import http from 'node:http';
import type { Registry } from 'prom-client';
import type { PolicyServer } from './policy-server.js';

const TIMEOUT_MS = 5000;

/**
 * `/health` (200 when requests can come, else 503) and `/metrics`.
 * @param port 0 = any
 */
export async function listenStatus(port: number, server: PolicyServer, registry: Registry): Promise<http.Server> {
  const listener = http.createServer((request, response) => {
    if (request.url === '/health') {
      const status = server.status();
      response.writeHead(status['ready'] ? 200 : 503, { 'Content-Type': 'application/json' }).end(JSON.stringify(status));
    } else if (request.url === '/metrics') {
      registry.metrics().then(
        (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    } else {
      response.writeHead(404).end();
    }
  });
  listener.requestTimeout = TIMEOUT_MS;
  listener.unref();
  listener.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  return listener;
}

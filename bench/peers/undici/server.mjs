// The least that a proxy of node:http and undici can do: no routing, no header rules, no body rules. A reference, not a product.
import http from 'node:http';
import { Pool } from 'undici';

const pool = new Pool(`http://127.0.0.1:${process.env.UPSTREAM_PORT}`, { connections: 128, pipelining: 1, keepAliveTimeout: 600_000 });

const forward = (request, response) => {
  const body = request.method === 'GET' || request.method === 'HEAD' ? null : request;
  const { connection: _, ...headers } = request.headers;
  pool.dispatch(
    { method: request.method, path: request.url, headers, body },
    {
      onRequestStart() {},
      onResponseStart(_controller, status, answer) {
        delete answer.connection;
        response.writeHead(status, answer);
      },
      onResponseData(controller, chunk) {
        if (response.write(chunk)) return;
        controller.pause();
        response.once('drain', () => controller.resume());
      },
      onResponseEnd: () => response.end(),
      onResponseError: () => (response.headersSent ? response.destroy() : response.writeHead(502).end()),
    },
  );
};

process.once('SIGTERM', () => process.exit(0));
http.createServer({ keepAliveTimeout: 3_600_000 }, forward).listen(Number(process.env.PORT), '127.0.0.1');

// @fastify/http-proxy as its documentation sets it up, with a pool that holds every connection open.
import proxy from '@fastify/http-proxy';
import fastify from 'fastify';

const app = fastify({ logger: false, keepAliveTimeout: 3_600_000 });
await app.register(proxy, {
  upstream: `http://127.0.0.1:${process.env.UPSTREAM_PORT}`,
  undici: { connections: 128, pipelining: 1, keepAliveTimeout: 600_000 },
});
process.once('SIGTERM', () => process.exit(0));
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });

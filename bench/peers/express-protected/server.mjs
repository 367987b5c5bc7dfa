// What many write themselves: express-jwt, a look at the permission, two windows of express-rate-limit in Redis, http-proxy-middleware.
import http from 'node:http';
import express from 'express';
import { expressjwt } from 'express-jwt';
import { rateLimit } from 'express-rate-limit';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { RedisStore } from 'rate-limit-redis';
import { createClient } from 'redis';

const redis = createClient({ url: process.env.REDIS_URL });
await redis.connect();

const window = (name, windowMs) =>
  rateLimit({
    windowMs,
    limit: 10_000_000,
    identifier: name,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (request) => request.auth.sub,
    store: new RedisStore({ prefix: `${name}:`, sendCommand: (...args) => redis.sendCommand(args) }),
  });

const permitted = (request, response, next) => {
  if (request.auth.permissions?.includes('orders:read')) return next();
  response.status(403).json({ error: 'forbidden' });
};

const app = express();
const agent = new http.Agent({ keepAlive: true, maxSockets: 128, maxFreeSockets: 128 });
app.use(expressjwt({ secret: process.env.JWT_SECRET, algorithms: ['HS256'] }), permitted);
app.use(window('user', 900_000), window('orders', 60_000));
app.use(createProxyMiddleware({ target: `http://127.0.0.1:${process.env.UPSTREAM_PORT}`, changeOrigin: true, xfwd: true, agent }));
app.use((error, _request, response, _next) => response.status(error.status ?? 500).json({ error: error.code ?? 'internal' }));
process.once('SIGTERM', () => process.exit(0));
app.listen(Number(process.env.PORT), '127.0.0.1').keepAliveTimeout = 3_600_000;

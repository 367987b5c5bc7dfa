// express with http-proxy-middleware and an agent that keeps connections to the service open.
import http from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

const app = express();
const agent = new http.Agent({ keepAlive: true, maxSockets: 128, maxFreeSockets: 128 });
app.use(createProxyMiddleware({ target: `http://127.0.0.1:${process.env.UPSTREAM_PORT}`, changeOrigin: true, xfwd: true, agent }));
process.once('SIGTERM', () => process.exit(0));
app.listen(Number(process.env.PORT), '127.0.0.1').keepAliveTimeout = 3_600_000;

import { secret } from '../tokens.js';
import type { Contestant, Scenario } from '../types.js';
import { redis, service } from './backends.js';
import { envoy, gatehouse, nodePeer } from './peers.js';
import { exam, protectedGatehouse, refusals } from './protected.js';

const values = { JWT_SECRET: secret, JWT_SECRET_BASE64URL: Buffer.from(secret).toString('base64url') };
const expressStack = nodePeer('express-protected', 'rate-limit-redis', 'express + jwt + rate-limit-redis');

const peers: readonly Contestant[] = [
  {
    name: 'envoy',
    title: 'Envoy (limits in process)',
    role: 'peer',
    files: { 'envoy.yaml': 'peers/envoy/protected.yaml' },
    values,
    ...envoy,
  },
  {
    ...nodePeer('express-gateway', 'express-gateway', 'express-gateway'),
    files: {
      'gateway.config.yml': 'peers/express-gateway/protected.gateway.config.yml',
      'system.config.yml': 'peers/express-gateway/protected.system.config.yml',
    },
    values,
    env: { CONFIG_DIR: '__DIR__', LOG_LEVEL: 'error', NODE_ENV: 'production' },
  },
  {
    ...expressStack,
    env: { ...expressStack.env, REDIS_URL: 'redis://127.0.0.1:__REDIS_PORT__', JWT_SECRET: secret },
    exam: { refusals },
  },
];

/** What does a route cost that asks who it is, whether they may, and how often they have been here? */
export const protectedRoute: Scenario = {
  name: 'protected-route',
  title: 'Protected route',
  purpose:
    'A GET of 1 KiB with an HS256 token that was seen before, a permission and two rate windows in Redis. Envoy (jwt_authn, local rate ' +
    'limit) counts in process and for all together; it and express-gateway (jwt, rate-limit) look at no permission, and the latter ' +
    'evaluates an expression for each window to count by user. The third is express with express-jwt, express-rate-limit with ' +
    'rate-limit-redis, and http-proxy-middleware. Nobody is refused.',
  backends: [service, redis],
  contestants: [
    protectedGatehouse('gatehouse', 'Gatehouse', 10_000),
    { ...gatehouse('gatehouse-bare', 'Gatehouse, bare proxy', 'bare.yml'), exam: { refusals: [] } },
    ...peers,
  ],
  exam,
  bars: [{ subject: 'gatehouse', over: 'gatehouse-bare', atMost: 1.6, unit: '×', kind: 'bar' }],
};

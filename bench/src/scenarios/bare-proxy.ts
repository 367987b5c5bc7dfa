import type { Scenario } from '../types.js';
import { gatehouse, nativePeers, nodePeers, service } from './peers.js';

/** A JSON text of exactly 1 KiB. */
const body = `{"data":"${'0123456789abcdef'.repeat(64).slice(0, 1024 - 11)}"}`;

/** What does forwarding alone cost? */
export const bareProxy: Scenario = {
  name: 'bare-proxy',
  title: 'Bare proxy',
  purpose: 'A GET of 1 KiB through a proxy that only forwards; and through Gatehouse with cors, correlation-id and request-transformer.',
  backends: [service],
  contestants: [
    gatehouse('gatehouse', 'Gatehouse', 'bare.yml'),
    gatehouse('gatehouse-plugins', 'Gatehouse + 3 plugins', 'three-plugins.yml'),
    ...nativePeers,
    ...nodePeers,
  ],
  exam: { path: '/orders/42?fields=all', headers: { Accept: 'application/json' }, status: 200, body },
  bars: [
    { subject: 'gatehouse', over: 'fastify-http-proxy', atMost: 0.6, kind: 'bar' },
    { subject: 'gatehouse', over: 'express-gateway', atMost: 0.25, kind: 'bar' },
    { subject: 'gatehouse', over: 'caddy', atMost: 0.8, kind: 'bar' },
    { subject: 'gatehouse', over: 'envoy', atMost: 1.3, kind: 'aim' },
  ],
};

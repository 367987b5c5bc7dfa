import type { Scenario } from '../types.js';
import { body, service } from './backends.js';
import { gatehouse, nativePeers, nodePeers } from './peers.js';

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
    { subject: 'gatehouse', over: 'fastify-http-proxy', atMost: 0.6, unit: '×', kind: 'bar' },
    { subject: 'gatehouse', over: 'express-gateway', atMost: 0.25, unit: '×', kind: 'bar' },
    { subject: 'gatehouse', over: 'caddy', atMost: 0.8, unit: '×', kind: 'bar' },
    { subject: 'gatehouse', over: 'envoy', atMost: 1.3, unit: '×', kind: 'aim' },
  ],
};

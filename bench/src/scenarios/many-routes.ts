import type { Contestant, Exam, Scenario } from '../types.js';
import { body, service } from './backends.js';
import { gatehouse } from './peers.js';

const few = 10;
const many = 2000;

/**
 * A route of a mixed table: half by host and path, a quarter by path alone, an eighth by path and method, an eighth by regular
 * expression. Every host has eight of them.
 */
export function route(i: number): object {
  const common = { name: `route-${i}`, strip_path: false };
  const host = `tenant-${i - (i % 8)}.example.test`;
  switch (i % 8) {
    case 3:
    case 7:
      return { ...common, paths: [`/area-${i}/`] };
    case 5:
      return { ...common, paths: [`/area-${i}/`], methods: ['GET', 'POST'] };
    case 6:
      return { ...common, paths: [`~/shops-${i}/(?<id>\\d+)/items$`] };
    default:
      return { ...common, hosts: [host], paths: [`/part-${i % 8}/`] };
  }
}

/** Asks the routes by host in turn: the first of every host. */
function examFor(routes: number): Partial<Exam> {
  const hosts = Array.from({ length: Math.ceil(routes / 8) }, (_none, n) => `tenant-${8 * n}.example.test`);
  return { cycle: { header: 'Host', values: hosts } };
}

function contestant(name: string, title: string, routes: number): Contestant {
  const table = JSON.stringify(Array.from({ length: routes }, (_none, i) => route(i)));
  return { ...gatehouse(name, title, 'many-routes.yml'), values: { ROUTES: table }, exam: examFor(routes) };
}

/** What does a large table of routes cost? */
export const manyRoutes: Scenario = {
  name: 'many-routes',
  title: 'Many routes',
  purpose: `A GET of 1 KiB with ${few} routes and with ${many.toLocaleString('en-US')}, by hosts, paths, methods and regular expressions; the hosts are asked in turn.`,
  backends: [service],
  contestants: [contestant('few-routes', `Gatehouse, ${few} routes`, few), contestant('many-routes', `Gatehouse, ${many} routes`, many)],
  exam: { path: '/part-0/orders/42', headers: { Accept: 'application/json', Host: 'tenant-0.example.test' }, status: 200, body },
  bars: [
    { subject: 'many-routes', over: 'few-routes', atMost: 1.3, unit: '×', kind: 'bar' },
    { subject: 'many-routes', over: 'few-routes', atMost: 2000, unit: 'ms', kind: 'bar' },
  ],
};

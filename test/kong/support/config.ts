/** Configurations for a Kong, as declarative JSON: a service on the loopback address behind routes, and the guard on all. */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS = 15_000;
const STEP_MS = 25;

/** A policy as an operator writes it. */
export interface PolicyEntry {
  readonly name: string;
  readonly config: object;
}

export type Lane = 'gatehouse' | 'gatehouse-direct';

/** The policies of a route as the renderer fuses them. */
export function fusedPlugin(system: string, policies: readonly PolicyEntry[], lane: Lane = laneOf(process.env['KONG_FORM'])): object {
  const entries = policies.map((policy) => ({ ...policy, system }));
  return { name: lane, config: { system, policies: JSON.stringify(entries) } };
}

/** KONG_FORM as for the contract cases. */
export function laneOf(form: string | undefined): Lane {
  return form === 'direct' ? 'gatehouse-direct' : 'gatehouse';
}

/** A route of the system gongbu. @param more what it has besides a name */
export function oneRoute(name: string, more: object): object {
  return { name, strip_path: false, tags: ['system-gongbu'], paths: [`/${name}`], ...more };
}

/** The guard, and routes to a service on a port. @param more other members, such as consumers */
export function guarded(port: number, routes: readonly object[], more: object = {}): object {
  return {
    _format_version: '3.0',
    services: [{ name: 'service', url: `http://127.0.0.1:${port}`, retries: 0, routes }],
    plugins: [{ name: 'guard', config: { systems: [{ name: 'gongbu', hosts: ['gongbu.localhost'] }] } }],
    ...more,
  };
}

/** Makes a configuration that of a Kong, and waits until it serves it. @throws Error when Kong refuses it */
export async function configure(kong: { readonly url: string; readonly admin: string }, config: object): Promise<void> {
  const nonce = `made-${randomUUID()}`;
  const sentinel = { name: nonce, hosts: [nonce], paths: ['/'], plugins: [{ name: 'request-termination', config: { status_code: 204 } }] };
  const body = JSON.stringify({ config: JSON.stringify({ ...config, routes: [sentinel] }) });
  const reply = await fetch(new URL('/config', kong.admin), { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!reply.ok) throw new Error(`Kong refused the configuration: ${(await reply.text()).slice(0, 2000)}`);
  const { hostname, port } = new URL(kong.url);
  for (let waited = 0; (await statusOf(hostname, port, nonce)) !== 204; waited += STEP_MS) {
    if (waited > READY_MS) throw new Error('Kong does not serve its configuration');
    await sleep(STEP_MS);
  }
}

function statusOf(hostname: string, port: string, host: string): Promise<number> {
  return new Promise((resolve) => {
    const request = http.get({ hostname, port, path: '/', headers: { host }, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    request.on('error', () => resolve(0));
  });
}

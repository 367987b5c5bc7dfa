/** Our policies as ordinary plugins under kong-pdk's own server: what it says of them, and the same answers as from ours. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { policies } from '@gatehouse/plugins';
import { ManagedServer, type PluginInfo, queryPlugin, signHs256, withTimes } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { command, KongPlane } from '../support/kong-plane/kong-plane.js';
import { type Ask, configuration, Service, Site } from '../support/kong-plane/site.js';

const root = path.resolve(import.meta.dirname, '../..');
const pdk = path.join(root, 'node_modules/kong-pdk');
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const environment = {
  SECRET: 'x'.repeat(32),
  API_KEY_PEPPER: 'pepper',
  TOKEN_KEY: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  // ts-node, which kong-pdk loads, can't use a newer TypeScript.
  TS_NODE_SKIP_PROJECT: 'true',
  TS_NODE_COMPILER: [path.join(pdk, 'node_modules/typescript'), path.join(root, 'node_modules/typescript')].find((one) =>
    fs.existsSync(one),
  )!,
};
const stock = [path.join(pdk, 'bin/kong-js-pluginserver'), '--plugins-directory', path.join(root, 'plugins/kong-pdk/plugins')];
const window = { name: 'w', limit: 2, seconds: 60, by: ['ip'] };

/** A configuration of each policy, for a route that it has for itself. */
const configs: Readonly<Record<string, object>> = {
  sanitize: {},
  'ip-rate-limit': { windows: [window] },
  signature: { scheme: 'hmac', keys: [{ id: 'k', secret: 'env:SECRET' }] },
  'api-key': {},
  'jwt-auth': { algorithms: ['HS256'], keys: [{ secret: 'env:SECRET' }] },
  permissions: { rules: [{ methods: ['GET'], allow: [{ public: true }] }] },
  'redis-rate-limit': { windows: [window] },
  'circuit-breaker': {},
  idempotency: {},
  'service-token': { key: 'env:TOKEN_KEY', issuer: 'gateway' },
  'api-version': { source: 'header', versions: [{ name: '1' }] },
  'service-health': { format: 'gongbu', services: [{ name: 'redis', kind: 'redis' }] },
  telemetry: {},
};
const routes = Object.fromEntries(Object.entries(configs).map(([name, config]) => [name, [{ name, config }]]));
const token = signHs256(withTimes({ sub: 'u1' }, Date.now(), 600), environment.SECRET);
const json = { 'Content-Type': 'application/json' };
const asks: readonly Ask[] = [
  {},
  { headers: { Authorization: `Bearer ${token}`, 'X-API-Version': '1' } },
  { method: 'POST', headers: { ...json, 'Idempotency-Key': 'k', 'X-API-Key': 'bad.\u00e9' }, body: Buffer.from('{"a":{"$gt":1}}') },
  { method: 'PUT', headers: { 'Content-Type': 'application/octet-stream' }, body: Buffer.from([0, 255, 128, 10, 13]) },
];

interface Seen {
  status: number;
  body: string;
  arrived: (string | Buffer)[] | undefined;
}

/** What differs from run to run, taken out. */
const settled = (text: string): string =>
  text
    .replace(/"(timestamp|traceId|uptime|lastCheck|checkedAt|responseTime|latency\w*)":("[^"]*"|[\d.]+|null)/g, '"$1":0')
    .replace(/\d+(\.\d+)?ms/g, '0ms');

async function seen(site: Pick<Site, 'ask' | 'service'>, name: string): Promise<Seen[]> {
  const found: Seen[] = [];
  for (const ask of asks) {
    site.service.arrived.length = 0;
    const { status, body } = await site.ask(`/${name}`, ask);
    const [arrived] = site.service.arrived;
    found.push({ status, body: settled(String(body)), arrived: arrived && [arrived.method, arrived.url, arrived.body] });
  }
  return found;
}

describe("kong-pdk's own server", () => {
  let ours: Site;
  let server: ManagedServer;
  let theirs: Pick<Site, 'ask' | 'service'>;
  const ends = new AsyncDisposableStack();
  let dump: PluginInfo[];

  beforeAll(async () => {
    ours = ends.use(await Site.start({ form: 'single', routes, environment }));
    dump = JSON.parse(
      execFileSync(process.execPath, [...stock, '--dump-all-plugins'], { env: { ...process.env, ...environment }, encoding: 'utf8' }),
    );
    const prefix = fs.mkdtempSync(path.join(fs.realpathSync('/tmp'), 'gatehouse-stock-'));
    ends.defer(() => fs.rmSync(prefix, { recursive: true, force: true }));
    const socket = path.join(prefix, 'js.sock');
    server = new ManagedServer({
      command: process.execPath,
      args: [...stock, '--kong-prefix', prefix, '--sock-name', 'js.sock'],
      environment: { ...process.env, ...environment, KONG_PREFIX: prefix },
      sockets: [socket],
      readyText: 'server started',
      respawnMs: null,
    });
    ends.defer(() => server.stop());
    await server.ready();
    const service = ends.use(new Service());
    const port = await service.listen();
    const query = async (name: string): Promise<PluginInfo> => dump.find(({ Name }) => Name === name)!;
    const kong = ends.use(await KongPlane.start(configuration('single', port, routes), { prefix, socket, query }));
    theirs = { service, ask: (path, ask) => Site.prototype.ask.call({ kong, agent: undefined } as never, path, ask) };
  });
  afterAll(() => ends.disposeAsync());

  test('every policy has a configuration here', () => expect(Object.keys(configs).sort()).toEqual(policies.map(({ name }) => name).sort()));

  test.each(Object.keys(configs))('%s is dumped as by our server', async (name) => {
    const { Version, Priority, Phases, Schema } = dump.find((info) => info.Name === name)!;
    const own = await queryPlugin(command, ['plugin-server', '--dump', name]);
    expect({ Version, Priority, Phases }).toEqual({ Version: own.Version, Priority: own.Priority, Phases: own.Phases });
    // Ours also says that no consumer may have it, and which protocols it is for.
    expect(Schema.fields.at(-1)).toEqual(own.Schema.fields.at(-1));
  });

  test.each(Object.keys(configs))('%s answers as under our server', async (name) => {
    const found = await seen(theirs, name);
    expect(found).toEqual(await seen(ours, name));
    if (name !== 'service-health') expect(found.map(({ status }) => status)).not.toContain(503);
  });

  test('refusals are no failures in its eyes', async () => {
    const before = server.output.length;
    for (let i = 0; i < 20; i++) expect((await theirs.ask('/permissions', { method: 'DELETE' })).status).toBe(401);
    expect(server.output.slice(before)).not.toContain('unhandled');
  });
});

/**
 * Under load, all requests to be refused, on both lanes: whatever breaks, none reaches the service, and when it is whole again, each is
 * refused by its policies and not for want of them.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { GarbageServer } from '../support/kong-plane/garbage.js';
import { type Routes, Site, type SiteOptions } from '../support/kong-plane/site.js';

const CLIENTS = 50;
const BACK_MS = 15_000;
/** How long it goes well, and how long the trouble lasts. */
const WELL_MS = 150;
const TROUBLE_MS = 600;
const allow = (who: string): object => ({ name: 'permissions', config: { rules: [{ allow: [{ [who]: true }] }] } });
const closed: Routes = { closed: [{ name: 'sanitize', config: {} }, allow('authenticated')] as never };
const troubled = (does: string): Routes => ({ closed: [{ name: 'trouble', config: { does } }] });
const lua = { DOUBLE_READ_TIMEOUT_MS: '300' };
const lanes = ['pdk', 'direct'] as const;
/** 401 by the policies, 503 for want of them, 500 when Kong knows no instance yet; 0: the connection broke. */
const REFUSALS = [0, 401, 500, 503];

/** Waits until requests are refused by their policies again. */
async function whole(site: Site): Promise<void> {
  for (const end = Date.now() + BACK_MS; Date.now() < end; await wait(20)) {
    const status = await site.ask('/closed').then(
      (reply) => reply.status,
      () => 0,
    );
    if (status === 401 && String(await site.many(CLIENTS, '/closed')) === '401') return;
  }
  throw new Error(`requests are not refused by their policies again: ${site.kong.double.log.slice(-5).join('\n')}`);
}

/** Lets something break under load. @returns how often each status came */
async function breaking(site: Site, happens: () => Promise<unknown>): Promise<Map<number, number>> {
  await whole(site);
  const statuses = await site.under(CLIENTS, '/closed', async () => {
    await wait(WELL_MS);
    await happens();
    await wait(TROUBLE_MS);
  });
  expect([...statuses.keys()].filter((status) => !REFUSALS.includes(status))).toEqual([]);
  expect(statuses.get(401)).toBeGreaterThan(0);
  return statuses;
}

async function survives(
  options: Partial<SiteOptions> & Pick<SiteOptions, 'form'>,
  happens: (site: Site) => Promise<unknown>,
  mend?: (site: Site) => unknown,
) {
  await using site = await Site.start({ routes: closed, lua, respawnMs: 300, ...options });
  const statuses = await breaking(site, () => happens(site));
  await mend?.(site);
  await whole(site);
  expect(site.service.arrived).toEqual([]);
  return statuses;
}

describe.each(lanes)('%s: no request reaches the service', (form) => {
  test('when the server is killed', async () => {
    await survives({ form }, async ({ servers: { all } }) => all[0]!.kill('SIGKILL'));
  });

  test.each(['throw', 'hang', 'nothing', 'spin'])('when a handler does "%s"', async (does) => {
    const options = { form, routes: troubled(does), trouble: true };
    const statuses = await survives(
      options,
      async ({ servers }) => servers.setTrouble(true),
      ({ servers }) => {
        servers.setTrouble(false);
        // Nobody else would end it.
        if (does === 'spin') servers.all[0]!.kill('SIGKILL');
      },
    );
    expect(statuses.get(503)).toBeGreaterThan(0);
  });

  test('when the server runs out of memory', async () => {
    const options = { form, routes: troubled('grow'), trouble: true, node: ['--max-old-space-size=40'] };
    await survives(options, async ({ servers }) => {
      const [server] = servers.all;
      const { starts } = server!;
      servers.setTrouble(true);
      while (server!.starts === starts) await wait(20);
      servers.setTrouble(false);
    });
  });

  test('when the server answers garbage', async () => {
    let answered = 0;
    const garbage = async ({ servers }: Site): Promise<void> => {
      await servers.all[0]!.stop();
      const sockets = ['gatehouse.sock', 'gatehouse-1.sock'].map((name) => path.join(servers.prefix, name));
      await using server = await GarbageServer.start(sockets);
      await wait(2 * TROUBLE_MS);
      ({ answered } = server);
    };
    await survives({ form }, garbage, ({ servers }) => servers.add(1).ready());
    expect(answered).toBeGreaterThan(20);
  });

  test('when the server stands still, also when it goes on later', async () => {
    await survives({ form }, async ({ servers: { all } }) => {
      all[0]!.kill('SIGSTOP');
      await wait(2 * TROUBLE_MS);
      all[0]!.kill('SIGCONT');
    });
  });

  test('when the socket is removed', async () => {
    const remove = async ({ servers: { prefix } }: Site): Promise<void> => {
      for (const name of fs.readdirSync(prefix)) if (name.endsWith('.sock')) fs.rmSync(path.join(prefix, name));
    };
    await survives({ form }, remove, ({ servers: { all } }) => all[0]!.kill('SIGKILL'));
  });

  test('when a worker of Kong is killed', async () => {
    const statuses = await survives({ form, workers: 2 }, async ({ kong }) => {
      for (const worker of [0, 1]) kong.double.killWorker(worker);
    });
    expect(statuses.get(401)).toBeGreaterThan(CLIENTS);
  });

  test('when Kong reloads', async () => {
    const other: Routes = { closed: [...closed['closed']!, { name: 'telemetry', config: {} }], another: closed['closed']! };
    const statuses = await survives({ form, workers: 2 }, async (site) => {
      for (let i = 0; i < 4; i++) {
        await site.reload(i % 2 ? closed : other);
        await wait(50);
      }
    });
    // Kong may hand a request the instance of the other configuration: its decision is not taken for this request's.
    if (form === 'direct') expect([...statuses.keys()]).toEqual([401]);
    expect(statuses.get(401)).toBeGreaterThan((statuses.get(503) ?? 0) * 5);
  });
});

describe('one policy per plugin', () => {
  test('no request reaches the service when the plugins start in another order after a kill', async () => {
    const routes = { closed: closed['closed']!, open: [allow('public')] as never };
    await using site = await Site.start({ form: 'single', routes, lua, respawnMs: 100, workers: 2 });
    // Ids of the first process: the secure route's plugins have the first ones.
    await whole(site);
    await site.many(20, '/open');
    const before = site.service.arrived.length;
    const statuses = await breaking(site, async () => {
      site.servers.all[0]!.kill('SIGKILL');
      // In the second one, those of the other route.
      await site.many(20, '/open').catch(() => undefined);
    });
    expect(statuses.get(401)).toBeGreaterThan(0);
    await whole(site);
    expect(site.service.arrived.slice(before).filter(({ url }) => url === '/closed')).toEqual([]);
  });
});

describe('direct lane, two processes: no request is refused for want of them', () => {
  const two = { form: 'direct', servers: 2 } as const;

  test.each(['SIGKILL', 'SIGTERM'] as const)('when either ends by %s', async (signal) => {
    await using site = await Site.start({ ...two, routes: closed, lua, respawnMs: 200 });
    for (const server of site.servers.all) {
      const statuses = await breaking(site, async () => server.kill(signal));
      expect([...statuses.keys()]).toEqual([401]);
      await server.ready();
    }
    expect(site.service.arrived).toEqual([]);
  });

  test('when one hands over to a successor', async () => {
    await using site = await Site.start({ ...two, routes: closed, lua });
    const [before] = site.servers.all;
    const statuses = await breaking(site, async () => {
      await site.servers.add(1).ready();
      await before!.stop('SIGTERM');
    });
    expect([...statuses.keys()]).toEqual([401]);
  });
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import { readSettings } from './settings.js';
import { ranges, Stack, type StackWorld } from './stack.js';
import type { Child, Part } from './supervisor.js';

interface Scene {
  taken: string[];
  faults: Record<string, string[] | undefined>;
  ends: Record<string, string | undefined>;
  /** Ports that never answer. */
  mute: number[];
  readonly events: string[];
  readonly progress: string[];
}

let scene: Scene;
let now = 0;
let open: Set<number>;
const settings = readSettings({});
const portsOf: Record<string, number[]> = {
  mocks: Object.values(settings.mocks).flatMap((ports) => ports.map(({ port }) => port)),
  gateway: [8000, 8443, 8001, 8100],
  healthpay: [4000],
  identity: [8180],
  sidecar: [9190],
  redis: [7001],
};

const child = (part: Part): Child => {
  let tell: (how: string) => void = () => undefined;
  scene.events.push(`spawn ${part.args.join(' ')}`);
  for (const port of portsOf[part.name] ?? []) open.add(port);
  return {
    pid: 7,
    kill: (signal) => {
      scene.events.push(`${signal} ${part.name}`);
      tell(`by ${signal}`);
    },
    onExit: (listener) => {
      tell = listener;
      const how = scene.ends[part.name];
      if (how !== undefined) {
        for (const port of portsOf[part.name] ?? []) open.delete(port);
        listener(how);
      }
    },
  };
};

const world = (): StackWorld => ({
  spawn: child,
  run: async (args) => {
    scene.events.push(args.join(' '));
    return scene.faults[args.at(-1) ?? ''];
  },
  after: () => () => undefined,
  now: () => now,
  say: () => undefined,
  answers: async (port) => open.has(port) && !scene.mute.includes(port),
  takenPorts: async () => scene.taken,
  pause: async (ms) => {
    now += ms;
  },
  progress: (line) => scene.progress.push(line),
});

beforeEach(() => {
  scene = { taken: [], faults: {}, ends: {}, mute: [], events: [], progress: [] };
  now = 0;
  open = new Set();
});

describe('the stack', () => {
  test('starts mocks and provider at once, then who asks it, gateways with what was rendered', async () => {
    await new Stack(settings, world()).start();
    expect(scene.events).toEqual([
      'spawn identity-provider --key .run/interview-development-key.pem',
      'spawn mocks',
      'render --out .run/kong.yml',
      'render --system healthpay --out .run/healthpay.yml',
      'spawn auth-sidecar',
      'spawn gateway --config .run/kong.yml --port 8000 --tls-port 8443 --admin-port 8001 --status-port 8100',
      'spawn gateway --config .run/healthpay.yml --port 4000',
    ]);
    expect(scene.progress.map((line) => line.trim().replace(/^\d+ ms +/, ''))).toContain(
      'gateway (process 7) ready on 8000–8001, 8100, 8443',
    );
  });

  test('has a Redis of its own before who uses it, and ends it after them', async () => {
    const redis = { what: 'Redis', variable: 'REDIS_URL', port: 7001, program: '/usr/bin/redis-server' };
    const stack = new Stack({ ...settings, redis }, world());
    await stack.start();
    const spawned = scene.events.filter((event) => event.startsWith('spawn'));
    expect(spawned.indexOf('spawn redis --port 7001')).toBeLessThan(spawned.indexOf('spawn auth-sidecar'));
    scene.events.length = 0;
    await stack.supervisor.stop();
    expect(scene.events.slice(0, 3)).toEqual(['SIGTERM gateway', 'SIGTERM healthpay', 'SIGTERM sidecar']);
    expect(scene.events.slice(3)).toContain('SIGTERM redis');
  });

  test('leaves a provider and a sidecar that are elsewhere to their owners', async () => {
    const elsewhere = { AUTH_SIDECAR_URL: 'https://auth.example', INTERVIEW_KEYCLOAK_ISSUER_URL: 'https://id.example/realms/r' };
    await new Stack(readSettings(elsewhere), world()).start();
    expect(scene.events.filter((event) => /auth-sidecar|identity/.test(event))).toEqual([]);
  });

  test('starts nothing when a port is taken, and says which', async () => {
    scene.taken = ['port 8000 (gateway) is already in use: end what listens there, or set PROXY_PORT to another port'];
    await expect(new Stack(settings, world()).start()).rejects.toThrow('set PROXY_PORT');
    expect(scene.events).toEqual([]);
  });

  test('tells every fault of the configuration', async () => {
    scene.faults['.run/kong.yml'] = ['services[0].url: is missing', '1 fault'];
    await expect(new Stack(settings, world()).start()).rejects.toMatchObject({ reasons: ['services[0].url: is missing', '1 fault'] });
    expect(scene.events.filter((event) => event.startsWith('spawn gateway'))).toEqual([]);
  });

  test('fails when a part ends at once', async () => {
    scene.ends['gateway'] = 'with code 1';
    await expect(new Stack(settings, world()).start()).rejects.toThrow('gateway ended with code 1 before it was ready');
  });

  test('gives up on a port that never answers', async () => {
    scene.mute = [8443];
    await expect(new Stack(settings, world()).start()).rejects.toThrow('gateway does not answer on port 8443 (PROXY_TLS_PORT)');
    expect(now).toBeGreaterThan(60_000);
  });

  test('ends the gateways before what they stand before', async () => {
    const stack = new Stack(settings, world());
    await stack.start();
    scene.events.length = 0;
    await stack.supervisor.stop();
    expect(scene.events).toEqual(['SIGTERM gateway', 'SIGTERM healthpay', 'SIGTERM sidecar', 'SIGTERM identity', 'SIGTERM mocks']);
  });
});

test('ports are told as ranges', () => {
  expect(ranges([9103, 9101, 9102, 9121, 9101])).toBe('9101–9103, 9121');
  expect(ranges([])).toBe('');
});

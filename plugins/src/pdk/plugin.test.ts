import type { Policy } from '@gatehouse/policy';
import { describe, expect, test } from '@jest/globals';
import { policies } from '../policies.js';
import { factsLine, laneStore, probe, STAMP } from '../server/testing/lane.js';
import { kongPlugins } from './index.js';
import { pluginModule } from './plugin.js';
import type { KongPdk } from './port.js';

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

/** Kong, as kong-pdk shows it. */
function kongOf(does: string, more: Partial<Record<keyof KongPdk['gw'], unknown>> = {}) {
  const calls: unknown[][] = [];
  const answers: Record<string, unknown> = {
    chain: 'Cset',
    configs: `J${JSON.stringify({ id: 'set', system: 'gongbu', policies: [{ name: 'probe', config: { does, body: 1000 } }] })}`,
    facts: base64(`Fset ${factsLine({ body: 2 })}\n\xff\0${STAMP}`),
    commit: true,
    ...more,
  };
  const call =
    (name: string) =>
    async (...args: unknown[]): Promise<unknown> => {
      calls.push([name, ...args]);
      return answers[name];
    };
  const gw = { chain: call('chain'), configs: call('configs'), facts: call('facts'), commit: call('commit') };
  return { kong: { gw }, calls };
}

function plugin() {
  const { store } = laneStore();
  const { Plugin } = pluginModule(probe as Policy, () => store);
  return new Plugin({});
}

const committed = (calls: unknown[][]): string => Buffer.from(String(calls.at(-1)?.[1]), 'base64').toString('latin1');

describe('a policy as a plugin of kong-pdk', () => {
  test('asks who decides, reads once, writes once', async () => {
    const { kong, calls } = kongOf('pass');
    const one = plugin();
    await one.access(kong);
    expect(calls.map(([name]) => name)).toEqual(['chain', 'configs', 'facts', 'commit']);
    expect(calls.at(-1)).toEqual(['commit', base64('p'), 'set', true]);
    await one.access(kong);
    expect(calls.slice(4).map(([name]) => name)).toEqual(['chain', 'facts', 'commit']);
  });

  test('says nothing when it is decided already', async () => {
    const { kong, calls } = kongOf('pass', { chain: 'D' });
    await plugin().access(kong);
    expect(calls).toEqual([['chain']]);
  });

  test('a refusal, and an answer of any bytes', async () => {
    const denied = kongOf('deny');
    await plugin().access(denied.kong);
    expect(committed(denied.calls)).toMatch(/^\{"status":403.*\}\n\{"statusCode":403/);
    const echoed = kongOf('echo');
    await plugin().access(echoed.kong);
    expect(committed(echoed.calls)).toMatch(/\}\n\xff\0$/);
  });

  test.each([
    ['no text', { chain: null }],
    ['another set', { chain: 'Cother' }],
    ['facts that are none', { facts: base64('X') }],
    ['no base64', { facts: '\u4e2d' }],
    ['a commit that Kong refused', { commit: false }],
  ])('%s is a failure: the guard refuses the request', async (_, more) => {
    await expect(plugin().access(kongOf('pass', more).kong)).rejects.toThrow();
  });
});

test('every policy is one, and making them opens nothing', () => {
  const modules = Object.values(kongPlugins({}));
  expect(modules.map(({ Name, Version, Priority }) => [Name, Version, Priority])).toEqual(
    policies.map(({ name, version, priority }) => [name, version, priority]),
  );
  for (const { Schema, Plugin } of modules) {
    expect(Schema.length).toBeGreaterThan(0);
    expect(typeof Plugin.prototype.access).toBe('function');
  }
});

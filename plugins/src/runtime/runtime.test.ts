import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SecretError } from '@gatehouse/policy';
import { ManualClock } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { metricsOn } from './metrics.js';
import { secretsFrom } from './secrets.js';
import { SharedState } from './shared.js';

describe('metrics', () => {
  test('a name gives the same metric again, and series are bounded', async () => {
    const registry = new Registry();
    const metrics = metricsOn(registry);
    const spec = { name: 'hits_total', help: 'Hits', labels: ['ip'] };
    for (let i = 0; i < 5000; i++) metrics.counter(spec).add([`10.0.${i >> 8}.${i & 255}`]);
    const text = await registry.metrics();
    expect(text.split('\n').filter((line) => line.startsWith('hits_total{')).length).toBeLessThanOrEqual(2001);
    expect(text).toContain('hits_total{ip="other"} 3000');
  });
});

describe('secrets', () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'secret-')), 'key');
  fs.writeFileSync(file, 'from file\n');
  const secrets = secretsFrom({ GIVEN: 'from env', EMPTY: '' });

  test.each([
    ['env:GIVEN', 'from env'],
    [`file:${file}`, 'from file'],
  ])('%s', (reference, value) => expect(secrets.read(reference)).toBe(value));

  test.each(['env:EMPTY', 'env:MISSING', 'file:/nowhere', 'GIVEN', 'vault:x'])('%s is refused without its value', (reference) => {
    expect(() => secrets.read(reference)).toThrow(SecretError);
  });
});

describe('shared state', () => {
  test('is made once, outlives its last lease for a while, and is closed then', async () => {
    const clock = new ManualClock(0);
    const shared = new SharedState(clock);
    let made = 0;
    let closed = 0;
    const create = () => {
      made++;
      return { close: () => void closed++ };
    };
    const first = shared.acquire('a', create);
    first.release();
    first.release();
    await clock.advance(59_000);
    const second = shared.acquire('a', create);
    await clock.advance(120_000);
    expect([made, closed]).toEqual([1, 0]);
    second.release();
    await clock.advance(60_000);
    expect([made, closed]).toEqual([1, 1]);
    shared.acquire('a', create);
    expect(made).toBe(2);
  });
});

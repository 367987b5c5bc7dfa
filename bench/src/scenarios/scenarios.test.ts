import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { examOf } from '../run.js';
import { freshTokens } from './fresh-tokens.js';
import { scenarioByName, scenarios } from './index.js';
import { protectedRoute } from './protected-route.js';

const bench = path.resolve(import.meta.dirname, '../..');

describe.each(scenarios.map((each) => [each.name, each] as const))('%s', (name, scenario) => {
  const programs = [...scenario.backends, ...scenario.contestants];
  const names = programs.map((each) => each.name);

  test('can be found, has a service, and no name twice', () => {
    expect(scenarioByName(name)).toBe(scenario);
    expect(scenario.backends.length).toBeGreaterThan(0);
    expect(new Set(names).size).toBe(names.length);
  });

  test('bars are about its contestants', () => {
    const known = scenario.contestants.map((each) => each.name);
    for (const bar of scenario.bars) expect(known).toEqual(expect.arrayContaining([bar.subject, bar.over]));
  });

  test('files of its programs exist', () => {
    const missing = programs.flatMap((each) => Object.values(each.files ?? {})).filter((file) => !existsSync(path.join(bench, file)));
    expect(missing).toEqual([]);
  });
});

test('whoever asks for tokens is shown a stranger', () => {
  const asking = protectedRoute.contestants.filter((each) => each.name !== 'gatehouse-bare');
  for (const each of asking) expect(examOf(protectedRoute, each).refusals?.map(({ status }) => status)).toContain(401);
});

test('tokens that count as new are all different, and seen ones are the same', () => {
  const [seen, fresh] = freshTokens.contestants.map((each) => examOf(freshTokens, each).cycle);
  expect(new Set(fresh?.values).size).toBe(fresh?.values.length);
  expect(seen).toBe(fresh);
});

test('an unknown name is refused with those that exist', () => {
  expect(() => scenarioByName('nothing')).toThrow(/there is: bare-proxy, protected-route/);
});

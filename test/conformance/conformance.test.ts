/**
 * The embedded data plane held to recordings of a real Kong 3.9, case by case. With KONG_URL and KONG_ADMIN set the same cases run
 * against that Kong instead; with KONG_RECORDED it has the settings of the recordings, else those of kong/kong.env. CONFORMANCE_FILTER takes the cases whose name contains it.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { caseNames, readCase, readList } from './support/case-file.js';
import { CaseRunner } from './support/run-case.js';
import { GatewayTarget, KongTarget, type Target } from './support/target.js';
import { Upstreams } from './support/upstreams.js';

const CASE_MS = 60_000;
const START_MS = 150_000;
const { KONG_URL, KONG_ADMIN, KONG_RECORDED, CONFORMANCE_FILTER = '' } = process.env;
const kong = KONG_URL && KONG_ADMIN ? new KongTarget(KONG_URL, KONG_ADMIN) : null;
const names = caseNames();
const pending = readList('pending.txt');
const chosen = readList('differences.txt');
const bySetting = readList('settings.txt');
/** Cases that must differ from their recording. */
const differing = kong ? (KONG_RECORDED ? new Map() : bySetting) : new Map([...pending, ...chosen]);

const upstreams = new Upstreams();
let target: Target;
let runner: CaseRunner;

beforeAll(async () => {
  await upstreams.start();
  target = kong ?? (await GatewayTarget.start());
  runner = new CaseRunner(target, upstreams, `n${randomBytes(4).toString('hex')}`);
}, START_MS);

afterAll(async () => {
  await target?.stop();
  await upstreams.stop();
});

describe('the lists', () => {
  test('name cases that exist, each once', () => {
    const listed = [...pending.keys(), ...chosen.keys()];
    expect([...bySetting.keys()].filter((name) => !names.includes(name))).toEqual([]);
    expect(listed.filter((name) => !names.includes(name))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
  });

  test('give a reason for every difference', () => {
    expect([...chosen, ...bySetting].filter(([, reason]) => reason.length < 10)).toEqual([]);
  });
});

describe.each(names.filter((name) => name.includes(CONFORMANCE_FILTER)))('%s', (name) => {
  const recorded = readCase(name);
  const listed = differing.has(name);

  test(
    listed ? `${recorded.why} (differs, as listed)` : recorded.why,
    async () => {
      const found = await runner.run(recorded);
      // A listed case that has come right must be taken off its list.
      if (listed) expect(found).not.toEqual([]);
      else expect(found).toEqual([]);
    },
    CASE_MS,
  );
});

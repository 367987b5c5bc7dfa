import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { formatFault, parseDeclarative, readStateFiles, render } from '@gatehouse/kong-config';
import { type System, systems } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CaseTokens } from './case-tokens.js';
import { type Case, needsOf, readCases, root, type Step } from './cases.js';
import { type Answer, type From, send } from './client.js';
import { differences, logDifferences } from './expectation.js';
import { formOf } from './form.js';
import { type Plane, startPlane } from './plane.js';
import type { TokenRequest } from './secrets.js';
import { Signer } from './sign.js';
import { CaseStores } from './stores.js';
import { World } from './world.js';

/** How long a step marked `eventually` may take, and how often it is tried. */
const eventuallyMs = 10_000;
const retryMs = 100;
const caseTimeoutMs = 60_000;
const startTimeoutMs = 60_000;
const minuteMs = 60_000;
/** Lets cases play clients elsewhere by X-Forwarded-For, as a load balancer in front would. */
export const planeSettings = { KONG_TRUSTED_IPS: '127.0.0.0/8', KONG_NGINX_PROXY_PROXY_NEXT_UPSTREAM: 'error' };

/**
 * Renders some systems (all by default) with the addresses of a world.
 * @throws Error with every fault of the state files
 */
export function renderFor(
  environment: Readonly<Record<string, string>>,
  wanted: readonly System[] = systems,
  form = formOf(process.env),
): string {
  const defaults = parseEnv(fs.readFileSync(path.join(root, '.env.example'), 'utf8'));
  const files = readStateFiles(root, wanted);
  const rendered = render({ files, values: environment, defaults, systems, parse: parseDeclarative, ...form });
  if (rendered.dbless === null) throw new Error(rendered.faults.map(formatFault).join('\n'));
  return rendered.dbless;
}

/** Everything that the cases of a system run on. */
export interface Stage {
  world: World;
  stores: CaseStores;
  plane: Plane;
  signer: Signer;
}

/** Declares one test per case of a system: all systems behind one plane, told apart by host, and this one's services behind it. */
export function contract(system: System): void {
  const { environment, token, cases } = readCases(system);
  const stage = {} as Stage;

  describe(`${system} through the gateway`, () => {
    beforeAll(async () => {
      stage.world = await World.start(system);
      stage.stores = await CaseStores.start(process.env);
      stage.signer = new Signer();
      const variables = { ...planeSettings, ...stage.stores.variables };
      stage.plane = await startPlane(renderFor({ ...stage.world.environment, ...environment }), variables);
    }, startTimeoutMs);
    afterAll(async () => {
      await stage.plane?.stop();
      await stage.stores?.stop();
      await stage.world?.stop();
    }, startTimeoutMs);

    for (const [index, one] of cases.entries())
      if (canRun(one, process.env)) test(one.name, () => runCase(stage, whoAsks(system, token, index), one), caseTimeoutMs);
  });
}

/** Some cases write into the plane's Redis, or take it away: not those of a plane that has none, or one that is not the tests' own. */
export function canRun(one: Case, { CONTRACT_STORES, KONG_URL, REDIS_URL }: Readonly<Record<string, string | undefined>>): boolean {
  const { shared, own } = needsOf(one);
  const named = Boolean(KONG_URL || REDIS_URL);
  if (CONTRACT_STORES === 'memory') return !shared && !own;
  return !(own && named) && !(shared && KONG_URL && !REDIS_URL);
}

/** Who asks in a case: limits of one case must not be another's. */
export interface Who {
  token: TokenRequest | undefined;
  address: string;
}

const subjects: Readonly<Record<System, string>> = {
  gongbu: 'userId',
  interview: 'sub',
  learning: 'sub',
  healthpay: 'sub',
  freelance: 'user_id',
};

/** A user and an address of their own for each case. */
export function whoAsks(system: System, token: TokenRequest | undefined, index: number): Who {
  const address = `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`;
  return { token: token && { ...token, claims: { [subjects[system]]: `user-${index}`, ...token.claims } }, address };
}

/** Runs the steps of a case, and fails with everything in which the first step that goes wrong differs. */
export async function runCase(stage: Stage, who: Who, { steps }: Case): Promise<void> {
  await minuteFor(Math.max(...steps.map(({ repeat }) => repeat)));
  const tokens = new CaseTokens((wanted) => stage.world.token(wanted));
  for (const step of steps) {
    await stage.stores.setAway(step.redis === 'away');
    if (step.revoke) await stage.stores.revoke(stage.world.system, step.revoke);
    for (let time = 1; time <= step.repeat; time++) {
      await stage.world.prepare(step.faults);
      const found = await runStep(stage, who, tokens, step);
      if (found.length > 0) expect([`time ${time}`, ...found]).toEqual([]);
    }
    expect(step.repeat).toBeGreaterThan(0);
  }
}

/** Windows begin with the minute: what is counted in one must not begin at its end. */
async function minuteFor(requests: number): Promise<void> {
  if (requests === 1) return;
  const leftMs = minuteMs - (Date.now() % minuteMs);
  if (leftMs < Math.max(10_000, requests * 25)) await wait(leftMs);
}

async function runStep(stage: Stage, who: Who, tokens: CaseTokens, step: Step): Promise<string[]> {
  const { plane, world } = stage;
  const from = await credentialsFor(stage, who, tokens, step);
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    const request = stage.signer.sign(step.request);
    const answer = await send(plane.url, `${world.system}.localhost`, request, from);
    const found = [...differences(step.expect, request, answer, world.received()), ...(await inLog(plane, step, answer))];
    if (found.length === 0) return [];
    if (!step.eventually || waitedMs >= eventuallyMs) return [...found, `the answer was ${answer.status} ${answer.body.slice(0, 300)}`];
    await wait(retryMs);
    await world.prepare(step.faults);
  }
}

async function credentialsFor({ world, stores }: Stage, { token, address }: Who, tokens: CaseTokens, { request }: Step): Promise<From> {
  const wanted = 'token' in request ? request.token : token;
  const key = 'api_key' in request ? request.api_key : undefined;
  return {
    bearer: wanted ? tokens.of(wanted) : undefined,
    apiKey: key ? await stores.apiKey(world.system, key) : undefined,
    localAddress: address,
  };
}

/** Lines are written some at a time, a little after the answer. */
async function inLog(plane: Plane, { expect: { log } }: Step, { headers }: Answer): Promise<string[]> {
  if (log === undefined) return [];
  for (let waitedMs = 0; waitedMs < eventuallyMs; waitedMs += retryMs) {
    const output = plane.output();
    if (output === null) return [];
    const found = logDifferences(log, headers['x-request-id'] ?? '', output);
    if (found !== null) return found;
    await wait(retryMs);
  }
  return ['log: there is no line of the request'];
}

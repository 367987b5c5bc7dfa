import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { formatFault, parseDeclarative, readStateFiles, render } from '@gatehouse/kong-config';
import { type System, systems } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Case, readCases, root, type Step } from './cases.js';
import { send } from './client.js';
import { differences } from './expectation.js';
import { formOf } from './form.js';
import { type Plane, startPlane } from './plane.js';
import type { TokenRequest } from './secrets.js';
import { signed } from './sign.js';
import { World } from './world.js';

/** How long a step marked `eventually` may take, and how often it is tried. */
const eventuallyMs = 10_000;
const retryMs = 100;
const caseTimeoutMs = 60_000;
const startTimeoutMs = 60_000;
/** Lets cases play clients elsewhere by X-Forwarded-For, as a load balancer in front would. */
const planeSettings = { KONG_TRUSTED_IPS: '127.0.0.0/8', KONG_NGINX_PROXY_PROXY_NEXT_UPSTREAM: 'error' };

/**
 * Renders some systems (all by default) with the addresses of a world.
 * @throws Error with every fault of the state files
 */
export function renderFor(environment: Readonly<Record<string, string>>, wanted: readonly System[] = systems): string {
  const defaults = parseEnv(fs.readFileSync(path.join(root, '.env.example'), 'utf8'));
  const files = readStateFiles(root, wanted);
  const rendered = render({ files, values: environment, defaults, systems, parse: parseDeclarative, ...formOf(process.env) });
  if (rendered.dbless === null) throw new Error(rendered.faults.map(formatFault).join('\n'));
  return rendered.dbless;
}

/** Declares one test per case of a system: all systems behind one plane, told apart by host, and this one's services behind it. */
export function contract(system: System): void {
  const { environment, token, cases } = readCases(system);
  let world: World;
  let plane: Plane;

  describe(`${system} through the gateway`, () => {
    beforeAll(async () => {
      world = await World.start(system);
      plane = await startPlane(renderFor({ ...world.environment, ...environment }), planeSettings);
    }, startTimeoutMs);
    afterAll(async () => {
      await plane?.stop();
      await world?.stop();
    }, startTimeoutMs);

    for (const [index, one] of cases.entries())
      test(one.name, () => runCase(plane, world, whoAsks(system, token, index), one), caseTimeoutMs);
  });
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
function whoAsks(system: System, token: TokenRequest | undefined, index: number): Who {
  const address = `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`;
  return { token: token && { ...token, claims: { [subjects[system]]: `user-${index}`, ...token.claims } }, address };
}

/** Runs the steps of a case, and fails with everything in which the first step that goes wrong differs. */
export async function runCase(plane: Plane, world: World, who: Who, { steps }: Case): Promise<void> {
  for (const step of steps) {
    for (let time = 1; time <= step.repeat; time++) {
      await world.prepare(step.faults);
      const found = await runStep(plane, world, who, step);
      if (found.length > 0) expect([`time ${time}`, ...found]).toEqual([]);
    }
    expect(step.repeat).toBeGreaterThan(0);
  }
}

async function runStep(plane: Plane, world: World, who: Who, step: Step): Promise<string[]> {
  const request = signed(step.request);
  const wanted = 'token' in request ? request.token : who.token;
  const bearer = wanted ? world.token(wanted) : undefined;
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    const answer = await send(plane.url, `${world.system}.localhost`, request, { bearer, localAddress: who.address });
    const found = differences(step.expect, request, answer, world.received());
    if (found.length === 0) return [];
    if (!step.eventually || waitedMs >= eventuallyMs) return [...found, `the answer was ${answer.status} ${answer.body.slice(0, 300)}`];
    await wait(retryMs);
    await world.prepare(step.faults);
  }
}

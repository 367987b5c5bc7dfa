/** Every contract case in one form under a Kong double. The systems run side by side: most of the time goes into waiting. */
import { systems } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCases } from '../../contract/support/cases.js';
import { canRun, planeSettings, renderFor, runCase, whoAsks } from '../../contract/support/contract.js';
import { planeSecrets } from '../../contract/support/secrets.js';
import { Signer } from '../../contract/support/sign.js';
import { CaseStores } from '../../contract/support/stores.js';
import { World } from '../../contract/support/world.js';
import { type Form, renderedAs, Servers } from '../../support/kong-plane/form.js';
import { KongPlane } from '../../support/kong-plane/kong-plane.js';

const RUN_MS = 280_000;
/** Users and addresses of second runs begin after those of the first. */
const AGAIN = 2000;
const LOG_MAX = 4000;

/** What is wrong with each case, by system and case; undefined: nothing. */
type Outcomes = Map<string, unknown>;

const files = systems.map((system) => {
  const { environment, token, cases } = readCases(system);
  const numbered = cases.map((one, index) => ({
    one,
    who: whoAsks(system, token, index),
    again: whoAsks(system, token, index + AGAIN),
    name: `${system} ${one.name}`,
  }));
  return { system, environment, cases: numbered.filter(({ one }) => canRun(one, process.env)) };
});

/** Runs all cases of a system on a plane of its own, with its own plugin servers and its own Redis. */
async function runSystem({ system, environment, cases }: (typeof files)[number], form: Form, outcomes: Outcomes): Promise<void> {
  const [world, stores] = await Promise.all([World.start(system), CaseStores.start(process.env)]);
  await using ends = new AsyncDisposableStack();
  ends.defer(() => world.stop());
  ends.defer(() => stores.stop());
  const servers = ends.use(await Servers.start(form === 'direct' ? 2 : 1, { environment: { ...planeSecrets, ...stores.variables } }));
  const configuration = renderFor({ ...world.environment, ...environment }, systems, renderedAs(form));
  const kong = ends.use(await KongPlane.start(configuration, { prefix: servers.prefix, variables: planeSettings }));
  const plane = { url: kong.url, output: () => servers.output, stop: async () => undefined };
  const stage = { world, stores, plane, signer: new Signer() };
  const logged = (): number[] => [servers.output.length, kong.log.length];
  for (const { one, who, again, name } of cases) {
    const [said, lines] = logged();
    const first = await runCase(stage, who, one).catch((error: unknown) => error);
    if (first === undefined) {
      outcomes.set(name, first);
      continue;
    }
    // On a busy machine Kong's client of plugin servers loses an answer now and then, and we refuse: asked once more, as somebody else.
    process.stderr.write(`${form}: ${name} goes wrong: ${String(first)}\n`);
    const second = await runCase(stage, again, one).catch((error: unknown) => error);
    outcomes.set(name, told(second, servers.output.slice(said) + kong.log.slice(lines).join('\n')));
  }
}

/** What went wrong, with what the servers and Kong said meanwhile. */
function told(error: unknown, output: string): unknown {
  if (error instanceof Error && output !== '') error.message += `\n\nthe log:\n${output.slice(-LOG_MAX)}`;
  return error;
}

/** Declares a test per case. */
export function allCases(form: Form): void {
  const outcomes: Outcomes = new Map();

  describe(`${form}: what clients of each product rely on`, () => {
    beforeAll(() => Promise.all(files.map((file) => runSystem(file, form, outcomes))), RUN_MS);
    afterAll(() => outcomes.clear());

    for (const { cases } of files) {
      test.each(cases.map(({ name }) => [name]))('%s', (name) => {
        expect(outcomes.has(name)).toBe(true);
        const failed = outcomes.get(name);
        if (failed !== undefined) throw failed;
      });
    }
  });
}

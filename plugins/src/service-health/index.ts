import { createHash } from 'node:crypto';
import { type BaseEffects, definePolicy } from '@gatehouse/policy';
import { Board, type BoardEffects, type HealthProbe } from './board.js';
import { create } from './policy.js';
import { type Config, schema } from './schema.js';

export type { HealthProbe } from './board.js';
export { httpGet } from './http-probe.js';

const NAME = 'service-health';

/** What `service-health` uses of the world. */
export interface ServiceHealthEffects extends BaseEffects {
  readonly probe: HealthProbe;
}

export const serviceHealth = definePolicy({
  name: NAME,
  version: '1.0.0',
  priority: 760,
  summary: 'Answers health routes from checks made in the background',
  schema,
  deadlineMs: 35_000,
  needs: () => ({}),
  create(config: Config, effects: ServiceHealthEffects) {
    const key = createHash('sha256').update(JSON.stringify(config)).digest('base64url');
    const board = effects.shared.acquire(`${NAME}:${key}`, () => new Board(config, effects satisfies BoardEffects));
    const instance = create(config, { board: board.value, uptimeSeconds: () => effects.monotonic() / 1000 });
    return Object.assign(instance, { close: () => board.release() });
  },
});

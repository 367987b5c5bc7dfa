import { protocols, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { texts } from './support/fields.js';

const PHASES = ['certificate', 'rewrite', 'access', 'header_filter', 'body_filter', 'log'];

function functionPlugin(name: string): PluginSchema {
  return {
    name,
    no_consumer: true,
    protocols,
    config: record(Object.fromEntries(PHASES.map((phase) => [phase, texts({ required: true, default: [] })]))),
    entity_checks: [{ check: 'at_least_one_of', fields: PHASES.map((phase) => `config.${phase}`) }],
  };
}

/** Lua by phase, which only Kong can run: https://docs.konghq.com/hub/kong-inc/pre-function/ */
export const preFunction: PluginSchema = functionPlugin('pre-function');
/** As {@link preFunction}, after all other plugins: https://docs.konghq.com/hub/kong-inc/post-function/ */
export const postFunction: PluginSchema = functionPlugin('post-function');

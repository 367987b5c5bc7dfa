/** Makes a chain's links out of configurations. */
import { ConfigError, type JsonSchema, jsonSchema, type Policy, parseConfig } from '@gatehouse/policy';
import type { ChainLink } from './chain.js';

const schemas = new WeakMap<object, JsonSchema>();

/** A policy's JSON Schema, made once. */
export function schemaOf(policy: Pick<Policy, 'schema'>): JsonSchema {
  const known = schemas.get(policy.schema);
  if (known) return known;
  const made = jsonSchema(policy.schema);
  schemas.set(policy.schema, made);
  return made;
}

/** The configuration with the system filled in where it names none. */
function withSystem(raw: unknown, system: string | undefined): unknown {
  if (system === undefined || system === '' || typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw;
  return 'system' in raw && raw.system !== null && raw.system !== undefined ? raw : { ...raw, system };
}

/**
 * A policy with a raw configuration, from a file or from Kong.
 * @param system whose it is, where the configuration does not say
 * @throws ConfigError with every fault and its field's path
 */
export function createLink<Config, Effects>(policy: Policy<Config, Effects>, raw: unknown, effects: Effects, system?: string): ChainLink {
  const { config, faults } = parseConfig(policy.schema, schemaOf(policy), withSystem(raw, system));
  if (config === null) throw new ConfigError(policy.name, faults);
  const { name, priority, deadlineMs } = policy;
  return { name, priority, deadlineMs, needs: policy.needs(config), instance: policy.create(config, effects) };
}

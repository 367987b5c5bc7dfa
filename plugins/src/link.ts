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

/**
 * A policy with a raw configuration, from a file or from Kong.
 * @throws ConfigError with every fault and its field's path
 */
export function createLink<Config, Effects>(policy: Policy<Config, Effects>, raw: unknown, effects: Effects): ChainLink {
  const { config, faults } = parseConfig(policy.schema, schemaOf(policy), raw);
  if (config === null) throw new ConfigError(policy.name, faults);
  const { name, priority, deadlineMs } = policy;
  return { name, priority, deadlineMs, needs: policy.needs(config), instance: policy.create(config, effects) };
}

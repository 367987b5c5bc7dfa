/** A raw configuration, from a file or from Kong, into a policy's own type. */
import type { z } from 'zod';
import type { ConfigFault } from '../policy.js';
import type { JsonSchema } from './json-schema.js';

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What Lua can't say is mended: Kong gives null for every field that was left out, and an empty table may come as `{}`
 * where a list is meant, or as `[]` where a record is.
 */
function mend(raw: unknown, schema: JsonSchema | undefined): unknown {
  if (schema?.type === 'array') {
    if (isRecord(raw) && Object.keys(raw).length === 0) return [];
    return Array.isArray(raw) ? raw.map((item) => mend(item, schema.items)) : raw;
  }
  if (schema?.type !== 'object') return raw;
  if (Array.isArray(raw) && raw.length === 0) return {};
  if (!isRecord(raw)) return raw;
  const kept = Object.entries(raw).filter(([, value]) => value !== null && value !== undefined);
  const below = (name: string): JsonSchema | undefined => schema.properties?.[name] ?? (schema.additionalProperties || undefined);
  return Object.fromEntries(kept.map(([name, value]) => [name, mend(value, below(name))]));
}

/** `['rules', 0, 'methods']` → `rules[0].methods`. */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

function faultsOf(issue: z.core.$ZodIssue): ConfigFault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pathText([...issue.path, key]), message: 'unknown field' }));
  }
  return [{ path: pathText(issue.path), message: issue.message }];
}

export type ParsedConfig<Config> = { config: Config; faults: readonly [] } | { config: null; faults: readonly ConfigFault[] };

/** Checks and completes a configuration; every fault is named with its field's path. */
export function parseConfig<Config>(schema: z.ZodType<Config>, json: JsonSchema, raw: unknown): ParsedConfig<Config> {
  const result = schema.safeParse(mend(raw ?? {}, json));
  if (result.success) return { config: result.data, faults: [] };
  return { config: null, faults: result.error.issues.flatMap(faultsOf) };
}

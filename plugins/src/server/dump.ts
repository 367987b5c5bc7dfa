/**
 * What Kong asks of a plugin server before it starts: a plugin's name, version, priority, phases and schema, one plugin per answer
 * (Kong 3.9 reads only the first). Made from generated files alone, since Kong waits for it.
 */
import fs from 'node:fs';
import path from 'node:path';

interface GeneratedSchema {
  readonly name: string;
  readonly version: string;
  readonly priority: number;
  readonly fields: readonly object[];
}

/** A plugin of this name is not served. */
export class UnknownPluginError extends Error {
  readonly code = 'PLUGIN_UNKNOWN';
}

/** Where a route's policies run as one. */
const FUSED_PRIORITY = 1940;
const NAME = /^[a-z0-9-]{1,64}$/;

const text = (rules: object): object => ({ type: 'string', required: true, ...rules });

/** A second process of the same server needs an entry, and with it a plugin, of its own; nobody enables it. */
const fused = (name: string): GeneratedSchema => ({
  name,
  version: '1.0.0',
  priority: FUSED_PRIORITY,
  fields: [{ system: text({ len_min: 0 }) }, { policies: text({}) }],
});

const PROTOCOLS = ['grpc', 'grpcs', 'http', 'https'];

/** Kong's typedefs, which are Lua, as data. */
const scopes = (): object[] => [
  { consumer: { type: 'foreign', reference: 'consumers', eq: null } },
  { protocols: { type: 'set', required: true, default: PROTOCOLS, elements: { type: 'string', one_of: PROTOCOLS } } },
];

/** Kong refuses descriptions of fewer than ten characters, and has no use for any. */
export function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name, one]) => name !== 'description' || typeof one !== 'string');
  return Object.fromEntries(kept.map(([name, one]) => [name, withoutDescriptions(one)]));
}

function schemaOf(name: string, directory: string): GeneratedSchema {
  if (name === 'gatehouse' || name === 'gatehouse-spare') return fused(name);
  const file = path.join(directory, `${name}.kong.json`);
  if (!NAME.test(name) || !fs.existsSync(file)) throw new UnknownPluginError(`there is no plugin "${name}"`);
  return JSON.parse(fs.readFileSync(file, 'utf8')) as GeneratedSchema;
}

/**
 * @param directory `plugins/schemas`
 * @throws UnknownPluginError
 */
export function dump(name: string, directory: string): string {
  const { version, priority, fields } = schemaOf(name, directory);
  const schema = { name, fields: [...scopes(), { config: { type: 'record', fields: withoutDescriptions(fields) } }] };
  return JSON.stringify([{ Name: name, Version: version, Priority: priority, Phases: ['access'], Schema: schema }]);
}

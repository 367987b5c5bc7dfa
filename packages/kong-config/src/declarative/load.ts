import { randomBytes } from 'node:crypto';
import { entitySchemasWith } from '../entities/index.js';
import { pluginSource } from '../plugins/index.js';
import { Context, pathText, type RawFault } from '../schema/context.js';
import { complete } from '../schema/interpret.js';
import { nodeOf } from '../schema/node.js';
import type { Dict, EntitySchema, PluginSchema } from '../schema/types.js';
import type { Fault, Loaded } from '../types.js';
import { readDocument } from './document.js';
import { flatten } from './flatten.js';
import { Items, type Outside } from './items.js';
import { EntityRecords } from './records.js';
import { Index } from './references.js';
import { environmentVaults, type ReferenceResolver } from './vault.js';

/** What a load may depend on. */
export interface LoadOptions {
  /** Plugins beside those of this package and the registered ones. */
  plugins?: readonly PluginSchema[];
  /** Makes up the keys and secrets that a file leaves to the gateway; 32 random characters by default. */
  random?: () => string;
  /**
   * What a `{vault://…}` reference stands for (see {@link environmentResolver}); null when nothing does. By default nothing is
   * known, so a file with a reference is refused: the reference itself, taken for the secret, would be one that everybody knows.
   */
  resolveReference?: ReferenceResolver;
}

function outsideOf(options: LoadOptions, root: Dict): Outside {
  const vaults = environmentVaults(root);
  return {
    random: options.random ?? (() => randomBytes(24).toString('base64url')),
    resolveReference: (reference) => options.resolveReference?.(reference, vaults) ?? null,
  };
}

/** The schemas of all entities that a file may hold, each after those that it refers to. */
export const entitySchemas: ReadonlyMap<string, EntitySchema> = entitySchemasWith(pluginSource());

let shared: EntityRecords | undefined;

function recordsFor(options: LoadOptions): EntityRecords {
  if (options.plugins !== undefined && options.plugins.length > 0)
    return new EntityRecords(entitySchemasWith(pluginSource(options.plugins)));
  shared ??= new EntityRecords(entitySchemas);
  return shared;
}

function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(file: string, faults: readonly RawFault[]): Loaded {
  return { config: null, faults: faults.map((fault): Fault => ({ file, ...fault })), places: null };
}

function readRoot(text: string, file: string): Dict | RawFault {
  try {
    const root = readDocument(text, file);
    if (isDict(root)) return root;
    return {
      path: '',
      message: 'failed parsing declarative configuration: error: expected an object',
      hint: 'start with _format_version: "3.0"',
    };
  } catch (error) {
    return { path: '', message: `failed parsing declarative configuration: error at ${(error as Error).message}` };
  }
}

function isFault(root: Dict | RawFault): root is RawFault {
  return Object.getPrototypeOf(root) !== null && typeof root['path'] === 'string' && typeof root['message'] === 'string';
}

function faultsOf(items: Items, context: Context): readonly RawFault[] {
  if (items.needsSecondRound || context.count > 0) for (const { path, message } of items.secondRound) context.faultAt(path, message);
  return context.faults;
}

/**
 * Reads a declarative configuration as Kong 3.9 without a database does: every field checked, every default filled in, every
 * reference resolved.
 *
 * @param text YAML, or JSON when `file` ends in `json`
 * @param file its name, for the faults
 * @returns the configuration, or all that is wrong with it; nothing is thrown
 */
export function parseDeclarative(text: string, file: string, options: LoadOptions = {}): Loaded {
  const root = readRoot(text, file);
  if (isFault(root)) return refused(file, [root]);
  return loadTree(root, file, options);
}

/** As {@link parseDeclarative}, for a configuration that was read already. */
export function loadTree(root: Dict, file: string, options: LoadOptions = {}): Loaded {
  const records = recordsFor(options);
  const version = root['_format_version'];
  const items = new Items(records, outsideOf(options, root), version === '1.1' || version === '2.1');
  const context = new Context(items);
  complete(nodeOf(records.root, true), root, context);
  const index = new Index(context);
  for (const item of items.all) index.add(item);
  for (const item of items.all) index.checkReferences(item);
  const faults = faultsOf(items, context);
  if (faults.length > 0) return refused(file, faults);
  const places = new Map(items.all.map((item) => [item.id, pathText(item.path)]));
  return { config: flatten(items.all, index, root['_transform'] !== false), faults: [], places };
}

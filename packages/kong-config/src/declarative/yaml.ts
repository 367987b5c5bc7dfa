import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Pair, parseAllDocuments, type Scalar } from 'yaml';
import type { Dict } from '../schema/types.js';
import { plainScalar, taggedScalar } from './scalars.js';

/** The text of a configuration can't be read at all. */
export class DocumentError extends Error {
  readonly code = 'DOCUMENT';
}

/** Bounds on what a file may make us build. */
const MAX_TEXT = 64 * 1024 * 1024;
const MAX_VALUES = 4_000_000;
const MAX_DEPTH = 64;
const TAG_PREFIX = 'tag:yaml.org,2002:';

interface Anchor {
  value: unknown;
  /** How many values it holds, aliases inside counted in full. */
  size: number;
}

/** Turns one document's nodes into plain values; aliases share what their anchor holds. */
class Converter {
  private readonly anchors = new Map<string, Anchor | null>();
  private size = 0;

  constructor(private readonly text: string) {}

  /** @throws {DocumentError} for what can't be a configuration */
  convert(node: unknown, depth: number): unknown {
    this.size += 1;
    if (this.size > MAX_VALUES) throw new DocumentError(`more than ${MAX_VALUES} values`);
    if (depth > MAX_DEPTH) throw new DocumentError(`nested more than ${MAX_DEPTH} levels deep`);
    if (isAlias(node)) return this.resolve(node.source, node.range?.[0] ?? 0);
    const anchor = (node as { anchor?: string } | null)?.anchor;
    if (anchor === undefined) return this.value(node, depth);
    const before = this.size;
    this.anchors.set(anchor, null);
    const value = this.value(node, depth);
    this.anchors.set(anchor, { value, size: this.size - before });
    return value;
  }

  private resolve(name: string, offset: number): unknown {
    const anchor = this.anchors.get(name);
    if (anchor === undefined) throw new DocumentError(`${position(this.text, offset)}: invalid reference: ${name}`);
    if (anchor === null) throw new DocumentError(`${position(this.text, offset)}: the alias '${name}' stands inside its own anchor`);
    this.size += anchor.size;
    return anchor.value;
  }

  private value(node: unknown, depth: number): unknown {
    if (isScalar(node)) return scalarValue(node);
    if (isMap(node)) return this.map(node.items, depth);
    if (isSeq(node)) return node.items.map((item) => this.convert(isPair(item) ? null : item, depth + 1));
    return null;
  }

  private map(items: readonly Pair[], depth: number): Dict {
    const map = Object.create(null) as Dict;
    for (const { key, value } of items) {
      const name = keyText(this.convert(key, depth + 1));
      const inner = this.convert(value, depth + 1);
      if (name === '<<') merge(map, inner);
      else map[name] = inner;
    }
    return map;
  }
}

function keyText(key: unknown): string {
  if (typeof key === 'object' && key !== null) throw new DocumentError('a list or a map stands as the key of a map');
  return String(key);
}

/** Takes in the fields of the merged maps that are not there yet (https://yaml.org/type/merge.html). */
function merge(target: Dict, source: unknown): void {
  for (const map of Array.isArray(source) ? source : [source]) {
    if (typeof map !== 'object' || map === null || Array.isArray(map)) throw new DocumentError("'<<' merges something that is no map");
    for (const [key, value] of Object.entries(map)) if (!(key in target)) target[key] = value;
  }
}

function scalarValue(node: Scalar): unknown {
  const text = node.source ?? String(node.value ?? '');
  const tag = node.tag?.startsWith(TAG_PREFIX) ? node.tag.slice(TAG_PREFIX.length) : undefined;
  if (tag === undefined) return node.type === 'PLAIN' ? plainScalar(text) : text;
  const value = taggedScalar(tag, text);
  if (value === undefined) throw new DocumentError(`invalid '!!${tag}' value: '${text}'`);
  return value;
}

function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

function syntaxFault(text: string, documents: readonly Document[]): string | null {
  const error = documents.flatMap((document) => document.errors)[0];
  return error === undefined ? null : `${position(text, error.pos[0])}: ${error.message}`;
}

const OPTIONS = { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent', prettyErrors: false } as const;

function readYaml(text: string): unknown {
  const documents = parseAllDocuments(text, OPTIONS);
  const list = Array.isArray(documents) ? (documents as Document[]) : [];
  const fault = syntaxFault(text, list);
  if (fault !== null) throw new DocumentError(fault);
  const first = list[0];
  return first === undefined ? null : new Converter(text).convert(first.contents, 0);
}

function depthOf(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw new DocumentError(`nested more than ${MAX_DEPTH} levels deep`);
  for (const inner of Object.values(value)) depthOf(inner, depth + 1);
}

function readJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  depthOf(value, 0);
  return value;
}

/**
 * Reads YAML, or JSON when the file's name ends in `json`.
 *
 * @returns plain values; maps have no prototype when they come from YAML
 * @throws {DocumentError} when the text is not well-formed, too large, or nested too deep
 */
export function readDocument(text: string, file: string): unknown {
  if (text.length > MAX_TEXT) throw new DocumentError(`larger than ${MAX_TEXT} characters`);
  try {
    return file.endsWith('json') ? readJson(text) : readYaml(text);
  } catch (error) {
    if (error instanceof DocumentError) throw error;
    // A RangeError is a stack overflow in the parser: nested too deep for it.
    throw new DocumentError(error instanceof RangeError ? 'nested too deep' : (error as Error).message);
  }
}

import { type AliasEvent, EVENT_ID, type Event, getScalarValue, parseEvents, SCALAR_STYLE, type ScalarEvent, YAMLException } from 'js-yaml';
import type { Dict } from '../schema/types.js';
import { plainScalar, taggedScalar } from './scalars.js';

/** The text of a configuration can't be read at all. */
export class DocumentError extends Error {
  readonly code = 'DOCUMENT';
}

/** How deep a file may nest its lists and maps. */
export const MAX_DEPTH = 64;
/** How many values it may hold, with aliases counted in full. */
const MAX_VALUES = 4_000_000;

interface Anchor {
  value: unknown;
  size: number;
  depth: number;
}

/** Marks a place where no value stands: the end of a list or map. */
const END = Symbol('end');

/** Builds plain values from the events of one document; an alias shares what its anchor holds. */
class Builder {
  private readonly anchors = new Map<string, Anchor | null>();
  private size = 0;
  private depth = 0;
  private deepest = 0;

  constructor(
    private readonly text: string,
    private readonly events: readonly Event[],
    private at: number,
  ) {}

  /** @throws {DocumentError} for what can't be a configuration */
  next(): unknown {
    const event = this.events[this.at];
    this.at += 1;
    if (event === undefined || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) return END;
    this.size += 1;
    if (this.size > MAX_VALUES) throw new DocumentError(`more than ${MAX_VALUES} values`);
    if (event.type === EVENT_ID.ALIAS) return this.alias(event);
    const name = event.anchorStart === -1 ? null : this.text.slice(event.anchorStart, event.anchorEnd);
    return name === null ? this.value(event) : this.anchored(name, event);
  }

  private anchored(name: string, event: Exclude<Event, AliasEvent>): unknown {
    const [size, deepest] = [this.size, this.deepest];
    this.anchors.set(name, null);
    this.deepest = this.depth;
    const value = this.value(event);
    this.anchors.set(name, { value, size: this.size - size, depth: this.deepest - this.depth });
    this.deepest = Math.max(deepest, this.deepest);
    return value;
  }

  private alias(event: AliasEvent): unknown {
    const name = this.text.slice(event.anchorStart, event.anchorEnd);
    const anchor = this.anchors.get(name);
    if (anchor === undefined || anchor === null) {
      const place = position(this.text, event.anchorStart - 1);
      throw new DocumentError(
        anchor === null ? `${place}: the alias '${name}' stands inside its own anchor` : `${place}: invalid reference: ${name}`,
      );
    }
    this.size += anchor.size;
    this.descend(anchor.depth);
    this.depth -= anchor.depth;
    return anchor.value;
  }

  private value(event: Exclude<Event, AliasEvent>): unknown {
    if (event.type === EVENT_ID.SCALAR) return scalarValue(this.text, event);
    this.descend(1);
    const value = event.type === EVENT_ID.SEQUENCE ? this.list() : this.map();
    this.depth -= 1;
    return value;
  }

  private descend(levels: number): void {
    this.depth += levels;
    if (this.depth > this.deepest) this.deepest = this.depth;
    if (this.depth > MAX_DEPTH) throw new DocumentError(`nested more than ${MAX_DEPTH} levels deep`);
  }

  private list(): unknown[] {
    const list: unknown[] = [];
    for (let item = this.next(); item !== END; item = this.next()) list.push(item);
    return list;
  }

  private map(): Dict {
    const map = Object.create(null) as Dict;
    for (let key = this.next(); key !== END; key = this.next()) {
      if (typeof key === 'object' && key !== null) throw new DocumentError('a list or a map stands as the key of a map');
      const value = this.next();
      if (key === '<<') merge(map, value);
      else map[String(key)] = value;
    }
    return map;
  }
}

/** Takes in the fields of the merged maps that are not there yet (https://yaml.org/type/merge.html). */
function merge(target: Dict, source: unknown): void {
  for (const map of Array.isArray(source) ? source : [source]) {
    if (typeof map !== 'object' || map === null || Array.isArray(map)) throw new DocumentError("'<<' merges something that is no map");
    for (const [key, value] of Object.entries(map)) if (!(key in target)) target[key] = value;
  }
}

function scalarValue(text: string, event: ScalarEvent): unknown {
  const value = getScalarValue(text, event);
  const tag = event.tagStart === -1 ? null : tagName(text.slice(event.tagStart, event.tagEnd));
  if (tag === null) return event.style === SCALAR_STYLE.PLAIN ? plainScalar(value) : value;
  const tagged = taggedScalar(tag, value);
  if (tagged === undefined) throw new DocumentError(`${position(text, event.tagStart)}: invalid '!!${tag}' value: '${value}'`);
  return tagged;
}

/** The name of one of YAML's own tags; another one means nothing to us. */
function tagName(tag: string): string {
  return /^!!(\w+)$/.exec(tag)?.[1] ?? /^!<tag:yaml\.org,2002:(\w+)>$/.exec(tag)?.[1] ?? '';
}

function position(text: string, offset: number): string {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    start = at + 1;
  }
  return `${line}:${offset - start + 1}`;
}

function eventsOf(text: string): Event[] {
  try {
    return parseEvents(text, { maxDepth: MAX_DEPTH });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { mark, reason } = error;
    throw new DocumentError(mark === undefined ? reason : `${mark.line + 1}:${mark.column + 1}: ${reason}`);
  }
}

/**
 * The first document of a YAML text, with scalars as Kong reads them, the last one of equal keys, and no prototypes.
 *
 * @throws {DocumentError} when the text is not well-formed, or holds more than the bounds allow
 */
export function readYaml(text: string): unknown {
  const events = eventsOf(text);
  const value = new Builder(text, events, 1).next();
  return value === END ? null : value;
}

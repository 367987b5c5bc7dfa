import type { Found } from '../env/environment.js';
import type { Fault } from '../types.js';

/** Where an object or list of a merged configuration stood in its source file. */
export interface Origin {
  file: string;
  /** Such as `services[0].routes[1]`; empty for the whole file. */
  path: string;
  line: number;
  /** Line of each key or item. */
  lines: Map<string, number>;
  /** Variables that made a key's value or an item. */
  variables: Map<string, Found[]>;
}

/** A place in a source file. */
export interface Place {
  /** With the line: `kong/systems/gongbu/kong.yml:12`. */
  file: string;
  path: string;
  variables: Found[];
}

/** Remembers where each part of a configuration comes from, so that a fault found in the merged one is told in the source's terms. */
export class Origins {
  private readonly known = new WeakMap<object, Origin>();

  set(part: object, origin: Origin): void {
    this.known.set(part, origin);
  }

  get(part: object): Origin | undefined {
    return this.known.get(part);
  }

  /** Gives a copy the origin of what it was copied from. */
  copy(from: object, to: object): void {
    const origin = this.known.get(from);
    if (origin) this.known.set(to, origin);
  }

  /** Copies a value in depth; its parts keep their origins. */
  clone(value: unknown): unknown {
    if (!isObject(value)) return value;
    const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
      ? value.map((item) => this.clone(item))
      : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.clone(item)]));
    this.copy(value, copy);
    return copy;
  }

  /** Finds the source of `path` below `root`, or undefined when nothing on the way came from a file. */
  locate(root: object, path: string): Place | undefined {
    const keys = splitPath(path);
    let part: unknown = root;
    let found: { origin: Origin; depth: number } | undefined;
    for (let depth = 0; isObject(part); depth++) {
      const origin = this.known.get(part);
      if (origin) found = { origin, depth };
      const key = keys[depth];
      if (key === undefined) break;
      part = (part as Record<string, unknown>)[key];
    }
    return found && placeOf(found.origin, keys.slice(found.depth));
  }

  /** Rewrites a fault of the merged configuration so that it names the source file, and the variable at fault if one is. */
  explain(root: object, fault: Fault): Fault {
    const place = this.locate(root, fault.path);
    if (place === undefined) return fault;
    const names = place.variables.map((v) => v.name).join(', ');
    const hints = [fault.hint, names && `the value comes from ${names}`].filter(Boolean);
    return { file: place.file, path: place.path, message: fault.message, ...(hints.length > 0 && { hint: hints.join('; ') }) };
  }
}

function placeOf(origin: Origin, rest: string[]): Place {
  const [key] = rest;
  const line = (key !== undefined && origin.lines.get(key)) || origin.line;
  const path = rest.reduce(joinPath, origin.path);
  return { file: `${origin.file}:${line}`, path, variables: (key !== undefined && origin.variables.get(key)) || [] };
}

/** Appends a key or an index to a path: `services` + `0` → `services[0]`. */
export function joinPath(path: string, key: string): string {
  if (/^\d+$/.test(key)) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** `services[0].routes[1]` → services, 0, routes, 1. */
export function splitPath(path: string): string[] {
  return path.split(/[.[\]]+/).filter((key) => key !== '');
}

/** True for objects and lists. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { splitList } from '../env/address.js';
import type { Environment, Found } from '../env/environment.js';
import { hasExpression, isLoneExpression, resolveText } from '../env/template.js';
import type { Fault } from '../types.js';
import { joinPath, type Origin, type Origins } from './origins.js';

/** An object of a state file. */
export type Tree = Record<string, unknown>;

/** Bounds of what one file may hold once its aliases are followed. */
const nodesMax = 200_000;
const depthMax = 64;

/** What a state file says, with its expressions replaced. */
export interface Source {
  file: string;
  tree: Tree;
  faults: Fault[];
}

/**
 * Reads a decK state file: parses the YAML, follows anchors, aliases and merge keys, and replaces `${{ env "DECK_…" }}`.
 * Two conveniences go beyond decK (so the sources are never synced themselves): a list item that is one expression becomes as many
 * items as its value has commas, and so does an object in a list whose `target` is one expression.
 */
export function readSource(file: string, text: string, environment: Environment, origins: Origins): Source {
  return new SourceReader(file, text, environment, origins).read();
}

class SourceReader {
  private readonly lines = new LineCounter();
  private readonly document;
  private readonly faults: Fault[] = [];
  private readonly anchors = new Map<string, Node>();
  private nodes = 0;

  constructor(
    private readonly file: string,
    text: string,
    private readonly environment: Environment,
    private readonly origins: Origins,
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false });
  }

  read(): Source {
    // What follows the first error is mostly its echo.
    const error = this.document.errors[0];
    if (error) this.fault(this.lines.linePos(error.pos[0]).line, '', `not valid YAML: ${error.message}`);
    this.collectAnchors();
    const tree = this.faults.length === 0 ? this.convert(this.document.contents, '', 0, null) : {};
    if (this.faults.length === 0 && !isTree(tree)) this.fault(1, '', 'expected an object at the top of the file');
    return { file: this.file, tree: isTree(tree) ? tree : {}, faults: this.faults };
  }

  /** YAML lets an anchor be set again further down; here that is a slip, so each has one meaning. */
  private collectAnchors(): void {
    visit(this.document, {
      Node: (_, node) => {
        if (isAlias(node) || node.anchor === undefined) return;
        if (this.anchors.has(node.anchor)) this.fault(this.lineOf(node), '', `the anchor &${node.anchor} is set twice`);
        this.anchors.set(node.anchor, node);
      },
    });
  }

  /** What an alias stands for, any other node itself; undefined for an alias of nothing before it. */
  private resolve(node: unknown): unknown {
    if (!isAlias(node)) return node;
    const anchored = this.anchors.get(node.source);
    return (anchored?.range?.[0] ?? Number.POSITIVE_INFINITY) < (node.range?.[0] ?? 0) ? anchored : undefined;
  }

  /** Turns a node into plain data. `from` collects the variables of a scalar. */
  private convert(node: unknown, path: string, depth: number, from: Found[] | null): unknown {
    if (++this.nodes > nodesMax || depth > depthMax) {
      if (this.nodes === nodesMax + 1 || depth > depthMax)
        this.fault(1, path, 'the file is too large or too deep once its aliases are followed');
      return null;
    }
    if (isAlias(node)) return this.convertAlias(node, path, depth, from);
    if (isMap(node)) return this.convertMap(node, path, depth);
    if (isSeq(node)) return this.convertSeq(node, path, depth);
    return isScalar(node) ? this.convertScalar(node, path, from) : null;
  }

  private convertAlias(node: Alias, path: string, depth: number, from: Found[] | null): unknown {
    const anchored = this.resolve(node);
    if (anchored !== undefined) return this.convert(anchored, path, depth + 1, from);
    this.fault(this.lineOf(node), path, `no anchor &${node.source} stands before this alias`);
    return null;
  }

  private convertScalar(node: Scalar, path: string, from: Found[] | null): unknown {
    if (typeof node.value !== 'string' || !hasExpression(node.value)) return node.value;
    const resolved = resolveText(node.value, node.type === 'PLAIN', this.environment);
    for (const problem of resolved.problems) this.fault(this.lineOf(node), path, problem.message, problem.hint);
    from?.push(...resolved.variables);
    return resolved.value;
  }

  private convertMap(node: YAMLMap, path: string, depth: number): Tree {
    const tree: Tree = {};
    const origin = this.originOf(node, path);
    const merged = node.items.filter((pair) => keyOf(pair) === '<<');
    for (const pair of merged) this.mergeInto(tree, pair, path, depth, origin);
    for (const pair of node.items) this.convertPair(tree, pair, path, depth, origin);
    this.origins.set(tree, origin);
    return tree;
  }

  private convertPair(tree: Tree, pair: Pair, path: string, depth: number, origin: Origin): void {
    const key = keyOf(pair);
    if (key === '<<') return;
    if (key === undefined || key === '__proto__') {
      this.fault(origin.line, path, 'a key must be a plain text');
      return;
    }
    const variables: Found[] = [];
    tree[key] = this.convert(pair.value, joinPath(path, key), depth + 1, variables);
    origin.lines.set(key, this.lineOf(pair.key));
    if (variables.length > 0) origin.variables.set(key, variables);
  }

  /** YAML's merge key: the keys of one or several maps, unless the map has them itself; of several, the first wins. */
  private mergeInto(tree: Tree, pair: Pair, path: string, depth: number, origin: Origin): void {
    const value = this.convert(pair.value, path, depth + 1, null);
    for (const part of [value].flat().reverse()) {
      if (!isTree(part)) {
        this.fault(origin.line, path, 'a merge key ("<<") needs a map or a list of maps');
        continue;
      }
      Object.assign(tree, part);
      this.origins.get(part)?.variables.forEach((found, key) => {
        origin.variables.set(key, found);
      });
    }
  }

  private convertSeq(node: { items: unknown[] }, path: string, depth: number): unknown[] {
    const list: unknown[] = [];
    const origin = this.originOf(node as Node, path);
    for (const [index, item] of node.items.entries()) {
      const variables: Found[] = [];
      const value = this.convert(item, `${path}[${index}]`, depth + 1, variables);
      for (const part of this.expand(item, value)) {
        origin.lines.set(String(list.length), this.lineOf(item));
        if (variables.length > 0) origin.variables.set(String(list.length), variables);
        list.push(part);
      }
    }
    this.origins.set(list, origin);
    return list;
  }

  /** A list item whose text is one expression, or whose `target` is, counts as many times as the value has items. */
  private expand(item: unknown, value: unknown): unknown[] {
    const node = this.resolve(item);
    if (isScalar(node)) return isExpandable(node) && typeof value === 'string' ? splitList(value) : [value];
    const target = isMap(node) ? node.get('target', true) : undefined;
    if (!isExpandable(target) || !isTree(value) || typeof value['target'] !== 'string') return [value];
    return splitList(value['target']).map((one) => {
      const copy = { ...value, target: one };
      this.origins.copy(value, copy);
      return copy;
    });
  }

  private originOf(node: Node, path: string): Origin {
    return { file: this.file, path, line: this.lineOf(node), lines: new Map(), variables: new Map() };
  }

  private lineOf(node: unknown): number {
    const range = (node as Node | null)?.range;
    return range ? this.lines.linePos(range[0]).line : 1;
  }

  private fault(line: number, path: string, message: string, hint?: string): void {
    this.faults.push({ file: `${this.file}:${line}`, path, message, ...(hint !== undefined && { hint }) });
  }
}

function keyOf(pair: Pair): string | undefined {
  const { key } = pair;
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' || typeof key.value === 'number' ? String(key.value) : undefined;
}

function isExpandable(node: unknown): boolean {
  return isScalar(node) && typeof node.value === 'string' && isLoneExpression(node.value);
}

/** True for an object that isn't a list. */
export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the repository's own sources for the tidy tests. */
import fs from 'node:fs';
import path from 'node:path';
import { parseSync } from '@swc/core';

export const root = path.resolve(import.meta.dirname, '../..');

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.tools', '.run', 'coverage']);

/** All TypeScript files of the repository, relative to its root, sorted. */
export function typescriptFiles(directory = root): string[] {
  return fs
    .readdirSync(directory, { withFileTypes: true })
    .flatMap((entry) => {
      const full = path.join(directory, entry.name);
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : typescriptFiles(full);
      return entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts') ? [path.relative(root, full)] : [];
    })
    .sort();
}

export const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

export interface FunctionSpan {
  name: string;
  line: number;
  lines: number;
}

interface Node {
  /** Absent on the wrappers of arguments. */
  type?: string;
  span?: { start: number; end: number };
  [key: string]: unknown;
}

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
]);

function nameOf(node: Node): string {
  const named = (node['identifier'] ?? node['key']) as { value?: string } | null | undefined;
  return named?.value ?? (node.type === 'Constructor' ? 'constructor' : 'anonymous function');
}

/** Every function of a source with its length in lines. Test bodies (callbacks of describe and test) are tables, not functions. */
export function functionsOf(source: string): FunctionSpan[] {
  const bytes = Buffer.from(source);
  const tree = parseSync(source, { syntax: 'typescript' }) as unknown as Node;
  const base = tree.span!.start - (tree.span!.start > bytes.length ? 0 : firstToken(source));
  const lineAt = lineCounter(bytes);
  const found: FunctionSpan[] = [];
  const visit = (value: unknown, inTestCall: boolean): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, inTestCall);
      return;
    }
    if (value === null || typeof value !== 'object') return;
    const node = value as Node;
    const span = node.span ?? (node['function'] as Node | undefined)?.span;
    if (node.type !== undefined && FUNCTIONS.has(node.type) && span && !inTestCall) {
      const line = lineAt(span.start - base);
      found.push({ name: nameOf(node), line, lines: lineAt(span.end - base) - line + 1 });
    }
    const testCall = node.type === 'CallExpression' && isTestCall(node);
    for (const [key, child] of Object.entries(node))
      if (key !== 'span') visit(child, testCall ? key === 'arguments' : node.type === undefined && inTestCall);
  };
  for (const item of tree['body'] as unknown[]) visit(item, false);
  return found;
}

/** Line numbers from 1 by byte offset. */
function lineCounter(bytes: Buffer): (offset: number) => number {
  const starts = [0];
  for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i + 1)) starts.push(i + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

/** swc counts spans from the first token of the first file it parsed in the process. */
function firstToken(source: string): number {
  const match = /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(source);
  return Buffer.byteLength(match?.[0] ?? '');
}

function isTestCall(node: Node): boolean {
  let callee = node['callee'] as Node | undefined;
  while (callee) {
    if (callee['value'] === 'describe' || callee['value'] === 'test') return true;
    callee = (callee['object'] ?? callee['callee'] ?? callee['tag']) as Node | undefined;
  }
  return false;
}

/** What a source imports, as written. */
export function importsOf(source: string): string[] {
  return [...source.matchAll(/(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/g)].map((m) => (m[1] ?? m[2])!);
}

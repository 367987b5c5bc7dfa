/** Writes a pattern in JavaScript's syntax, for texts that are ASCII only. */
import type { Assertion, Node } from './ast.js';
import { ASCII_END, type CharClass } from './char-class.js';

const assertions: Record<Assertion, string> = {
  'text-start': '^',
  'text-end': '$',
  'line-start': '(?<![^\\n])',
  'line-end': '(?![^\\n])',
  word: '\\b',
  'not-word': '\\B',
  'word-start': '\\b(?=\\w)',
  'word-end': '\\b(?!\\w)',
  'word-start-half': '(?<!\\w)',
  'word-end-half': '(?!\\w)',
};

/** The source of a RegExp without flags whose groups have the pattern's numbers. */
export function emit(node: Node): string {
  switch (node.kind) {
    case 'class':
      return emitClass(node.chars);
    case 'assert':
      return assertions[node.test];
    case 'concat':
      return node.parts.map(emitPart).join('');
    case 'choice':
      return node.options.map(emit).join('|');
    case 'group':
      return `(${emit(node.body)})`;
    case 'repeat':
      return `${emitAtom(node.body)}${emitCount(node.min, node.max)}${node.greedy ? '' : '?'}`;
  }
}

function emitPart(node: Node): string {
  return node.kind === 'choice' ? `(?:${emit(node)})` : emit(node);
}

function emitAtom(node: Node): string {
  return node.kind === 'class' || node.kind === 'group' ? emit(node) : `(?:${emit(node)})`;
}

function emitCount(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  return min === 0 && max === 1 ? '?' : `{${min},${max}}`;
}

function emitClass(chars: CharClass): string {
  if (chars.only >= 0 && chars.only < ASCII_END) return emitCode(chars.only);
  let ranges = '';
  for (let code = 0; code < ASCII_END; code++) {
    if (chars.ascii[code] === 0) continue;
    const from = code;
    while (chars.ascii[code + 1] === 1) code++;
    ranges += from === code ? emitCode(from) : `${emitCode(from)}-${emitCode(code)}`;
  }
  return `[${ranges}]`;
}

function emitCode(code: number): string {
  const char = String.fromCharCode(code);
  return /^[0-9A-Za-z/]$/.test(char) ? char : `\\x${code.toString(16).padStart(2, '0')}`;
}

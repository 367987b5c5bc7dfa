import { expressionFault } from './lua-expression.js';

/** The closing parenthesis that belongs to the one at `start`, or -1. */
function closing(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i += 1) {
    if (text[i] === '(') depth += 1;
    if (text[i] !== ')') continue;
    depth -= 1;
    if (depth === 0) return i;
  }
  return -1;
}

/** Templates longer than this are not looked into. */
const MAX_TEMPLATE = 10_000;

/**
 * Whether what stands in a value's `$(…)` parts is Lua; a `$(` that doesn't close stands for itself.
 *
 * @returns what is wrong, or null
 */
export function templateFault(template: string): string | null {
  if (template.length > MAX_TEMPLATE) return null;
  let at = template.indexOf('$(');
  while (at !== -1) {
    const end = closing(template, at + 1);
    const fault = end === -1 ? null : expressionFault(template.slice(at + 2, end));
    if (fault !== null) return fault;
    at = template.indexOf('$(', (end === -1 ? at : end) + 1);
  }
  return null;
}

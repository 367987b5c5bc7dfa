/**
 * Whether a value's `$(…)` parts close, which is all of the template language that can be told without running Lua.
 *
 * @returns what is wrong, or null
 */
export function templateFault(template: string): string | null {
  let at = template.indexOf('$(');
  while (at !== -1) {
    const end = closingParenthesis(template, at + 1);
    if (end === -1) return `'$(' at character ${at + 1} is not closed`;
    at = template.indexOf('$(', end);
  }
  return null;
}

/** The matching parenthesis of the one at `start`, or -1. */
function closingParenthesis(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i += 1) {
    if (text[i] === '(') depth += 1;
    if (text[i] !== ')') continue;
    depth -= 1;
    if (depth === 0) return i;
  }
  return -1;
}

import { PCRE, RUST, syntaxFault } from './regex-syntax.js';
import type { Dict, Verdict } from './types.js';

/** What is wrong with a regular expression of a plugin, or null; Kong compiles these with PCRE. */
export function regexFault(pattern: string): Verdict {
  return syntaxFault(pattern, PCRE);
}

/** What keeps a regular expression (without its `~`) from being a route's path, or null. */
export function routeRegexFault(pattern: string): Verdict {
  const fault = regexFault(pattern);
  return fault === null ? null : `invalid regex: '${pattern}' (PCRE returned: ${fault})`;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function headerPatterns(headers: unknown): string[] {
  if (typeof headers !== 'object' || headers === null) return [];
  const values = Object.values(headers as Dict).flatMap(strings);
  return values.filter((value) => value.startsWith('~*')).map((value) => value.slice(2).toLowerCase());
}

/**
 * What the router's own regex engine, which is not PCRE, holds against a route's header patterns and paths, or null: no
 * look-around, no backreferences, no brace that stands for itself.
 */
export function routerRegexFault(headers: unknown, paths: unknown): Verdict {
  const pathPatterns = strings(paths).filter((path) => path.startsWith('~'));
  for (const pattern of [...pathPatterns.map((path) => path.slice(1)), ...headerPatterns(headers)]) {
    const fault = syntaxFault(pattern, RUST);
    if (fault !== null) return `regex parse error in '${pattern}': ${fault}`;
  }
  return null;
}

import type { HeaderPairs } from '../decision.js';

/** Header lines by name, as they were first spelled; those of one name stay together, in order. */
export function headersByName(pairs: HeaderPairs): Record<string, string | string[]> {
  const byName: Record<string, string | string[]> = {};
  for (const [name, value] of pairs) {
    const known = byName[name];
    byName[name] = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value];
  }
  return byName;
}

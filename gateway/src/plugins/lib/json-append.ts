/** table.insert as the transformer plugins use it on decoded JSON. */

/** The value after `added` was appended: text becomes a list, a list grows, an object gets the next number, anything else is replaced. */
export function appendToJson(current: unknown, added: unknown): unknown {
  if (typeof current === 'string') return [current, added];
  if (Array.isArray(current)) return [...current, added];
  if (typeof current !== 'object' || current === null) return [added];
  const names = Object.keys(current);
  // Lua can't tell an empty object from an empty list.
  if (names.length === 0) return [added];
  let next = 1;
  while (Object.hasOwn(current, String(next))) next++;
  return { ...current, [String(next)]: added };
}

/** PCRE's own properties, and names that JavaScript writes otherwise; in lower case without blanks, `-` and `_`. */
const PROPERTIES = new Set(['any', 'l&', 'lc', 'xan', 'xps', 'xsp', 'xuc', 'xwd']);

function compiles(property: string): boolean {
  try {
    new RegExp(`\\p{${property}}`, 'u');
    return true;
  } catch {
    return false;
  }
}

/** Whether PCRE knows what `\\p{name}` means: a category by its short name, a script or a property of Unicode. */
export function isProperty(name: string): boolean {
  if (PROPERTIES.has(name.toLowerCase().replace(/[ _-]/g, ''))) return true;
  const spelt = name.replace(/(^|[ _-])(\w)(\w*)/g, (_, gap: string, first: string, rest: string) => {
    return (gap === '' ? '' : '_') + first.toUpperCase() + rest.toLowerCase();
  });
  return [name, spelt].some((way) => {
    // Of the categories only the short names are known.
    if (way.length > 2 && compiles(`General_Category=${way}`)) return false;
    return compiles(way) || compiles(`Script=${way}`) || compiles(way.replace(':', '='));
  });
}

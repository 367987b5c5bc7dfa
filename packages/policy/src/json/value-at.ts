/**
 * What stands at a dotted path of a JSON value. Goes into objects by own properties only, so that nothing is called `constructor`.
 * @returns undefined where there is nothing
 */
export function valueAt(root: unknown, path: string): unknown {
  let value: unknown = root;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** A JSON object of unknown shape. */
export type JsonObject = Record<string, unknown>;

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null;

/**
 * Whether a value holds everything that is expected: objects member by member, arrays from the first element on, expressions on texts.
 * @returns undefined, or where they differ.
 */
export function difference(expected: unknown, actual: unknown, where = 'body'): string | undefined {
  if (expected instanceof RegExp) return expected.test(String(actual)) ? undefined : `${where} is ${show(actual)}, not like ${expected}`;
  if (!isObject(expected)) return Object.is(expected, actual) ? undefined : `${where} is ${show(actual)}, not ${show(expected)}`;
  if (!isObject(actual)) return `${where} is ${show(actual)}`;
  for (const [key, value] of Object.entries(expected)) {
    const found = difference(value, Object.hasOwn(actual, key) ? actual[key] : undefined, `${where}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The same for headers; null means that there is none. Names in lower case. */
export function headerDifference(
  expected: Readonly<Record<string, string | RegExp | null>>,
  actual: Readonly<Record<string, unknown>>,
): string | undefined {
  for (const [name, value] of Object.entries(expected)) {
    const found = difference(value ?? undefined, actual[name], `header ${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The member at `payment.id`; undefined when there is none. */
export function memberAt(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) {
    if (!isObject(found) || !Object.hasOwn(found, key)) return undefined;
    found = found[key];
  }
  return found;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

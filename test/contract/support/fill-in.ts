/** True for an object that isn't a list. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Replaces `{{key}}` in every text of a value, keys included. A text that is one placeholder becomes the value itself, so that
 * numbers, lists and objects can be filled in; within a text they stand as JSON. An unknown key stays as it is.
 */
export function fillIn(value: unknown, entry: Readonly<Record<string, unknown>>): unknown {
  if (typeof value === 'string') return fillText(value, entry);
  if (Array.isArray(value)) return value.map((item) => fillIn(item, entry));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [String(fillText(key, entry)), fillIn(item, entry)]));
}

function fillText(text: string, entry: Readonly<Record<string, unknown>>): unknown {
  const whole = /^\{\{(\w+)\}\}$/.exec(text)?.[1];
  if (whole !== undefined && whole in entry) return entry[whole];
  return text.replace(/\{\{(\w+)\}\}/g, (placeholder, key: string) => (key in entry ? textOf(entry[key]) : placeholder));
}

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

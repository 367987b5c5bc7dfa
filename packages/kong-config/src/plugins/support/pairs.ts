import { checkHeaderName } from '../../schema/typedefs.js';
import type { ArrayField, StringField, Verdict } from '../../schema/types.js';

/** `name:value` taken apart as the transformer plugins do it: any number of colons between the two. */
export function splitPair(pair: string): { name: string | null; value: string } {
  const match = /^([^:]+):*(.*)$/s.exec(pair);
  return { name: match?.[1] ?? null, value: match?.[2] ?? '' };
}

function headerFault(name: string | null): Verdict {
  return name !== null && checkHeaderName(name) === null ? null : `'${name ?? 'nil'}' is not a valid header`;
}

/** The part before the colon must be a header's name. */
export function checkHeaderPair(pair: string): Verdict {
  return headerFault(splitPair(pair).name);
}

/** Both parts must be headers' names: a header is renamed. */
export function checkHeaderRename(pair: string): Verdict {
  const { name, value } = splitPair(pair);
  return headerFault(name) ?? headerFault(value);
}

/** At least one character, then a colon. */
export const COLON = /^[^:]+:.*$/s;

/** A list of texts that is there even when nothing is in it. */
export function textList(elements: Omit<StringField, 'type'> = {}): ArrayField {
  return { type: 'array', default: [], required: true, elements: { type: 'string', ...elements } };
}

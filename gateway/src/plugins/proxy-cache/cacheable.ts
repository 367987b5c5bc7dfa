/** Which answers may be kept. */
import type { ResponseHead } from '../../plugin.js';
import { type MediaType, parseMediaType } from '../lib/media-type.js';

function matches(expected: MediaType, type: MediaType | null): boolean {
  // Kong asks for the type first, so a lone `*` takes what is no media type at all.
  if (expected.type !== '*' && expected.type !== type?.type) return false;
  if (expected.subtype !== '*' && expected.subtype !== type?.subtype) return false;
  const params = type?.params ?? new Map<string, string>();
  if (params.size !== expected.params.size) return false;
  return [...expected.params].every(([name, value]) => params.get(name) === value);
}

const MEMORY_MAX = 256;

/** Compares statuses, and content types with their parameters. */
export function cacheableHead(statuses: readonly number[], contentTypes: readonly string[]): (head: ResponseHead) => boolean {
  const wanted = contentTypes.map(parseMediaType).filter((type) => type !== null);
  const known = new Map<string, boolean>();
  const fits = (text: string): boolean => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const type = parseMediaType(text);
    const answer = wanted.some((expected) => matches(expected, type));
    if (known.size >= MEMORY_MAX) known.clear();
    known.set(text, answer);
    return answer;
  };
  return ({ status, headers }) => {
    const contentType = headers.get('content-type');
    return statuses.includes(status) && contentType !== undefined && contentType !== '' && fits(contentType);
  };
}

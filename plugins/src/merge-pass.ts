import { type HeaderPairs, PASS, type Pass } from '@gatehouse/policy';

function joined<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): readonly T[] | undefined {
  if (!a || a.length === 0) return b;
  return b && b.length > 0 ? [...a, ...b] : a;
}

/** Later lines win over earlier ones of the same name. */
function overlaid(a: HeaderPairs | undefined, b: HeaderPairs | undefined): HeaderPairs | undefined {
  if (!a || a.length === 0) return b;
  if (!b || b.length === 0) return a;
  const taken = new Set(b.map(([name]) => name.toLowerCase()));
  const kept = a.filter(([name]) => !taken.has(name.toLowerCase()));
  return kept.length === 0 ? b : [...kept, ...b];
}

/** What two passes say together. Allocates only when both say something. */
export function mergePass(a: Pass, b: Pass): Pass {
  if (b === PASS) return a;
  if (a === PASS) return b;
  const merged: { -readonly [K in keyof Pass]: Pass[K] } = { kind: 'pass' };
  const set = overlaid(a.setHeaders, b.setHeaders);
  if (set) merged.setHeaders = set;
  const remove = joined(a.removeHeaders, b.removeHeaders);
  if (remove) merged.removeHeaders = remove;
  const strip = joined(a.stripQuery, b.stripQuery);
  if (strip) merged.stripQuery = strip;
  const response = overlaid(a.responseHeaders, b.responseHeaders);
  if (response) merged.responseHeaders = response;
  const append = joined(a.appendResponseHeaders, b.appendResponseHeaders);
  if (append) merged.appendResponseHeaders = append;
  return merged;
}

/** A reply's headers with those of a pass; its own win over lines of the same name that a pass sets. */
export function withPassHeaders(own: HeaderPairs, { responseHeaders, appendResponseHeaders }: Pass): HeaderPairs {
  if (!responseHeaders && !appendResponseHeaders) return own;
  const taken = new Set(own.map(([name]) => name.toLowerCase()));
  const set = (responseHeaders ?? []).filter(([name]) => !taken.has(name.toLowerCase()));
  return [...set, ...(appendResponseHeaders ?? []), ...own];
}

/** How the service's path, the route's and the request's become the path that the service gets. */
const SLASH = 0x2f;

/**
 * Joins by Kong's rules for `path_handling: v0`. Its router flavour knows no other: `v1` is accepted and changes nothing
 * (Kong: router/utils.lua get_upstream_uri_v0, router/atc.lua set_upstream_uri).
 * @param base the service's path, `/` when it has none
 * @param path the request's, from `normalizePath`
 * @param matched what the route's path matched at the start of it, null when the route has no paths
 */
export function joinUpstreamPath(base: string, path: string, stripPath: boolean, matched: string | null): string {
  const baseEnds = base.charCodeAt(base.length - 1) === SLASH;
  if (stripPath) return joinStripped(base, baseEnds, path, withoutDots(path.slice(matched === null ? 1 : matched.length)));
  if (baseEnds) return base === '/' ? path : base + path.slice(1);
  return path === '/' ? base : base + path;
}

function joinStripped(base: string, baseEnds: boolean, path: string, rest: string): string {
  if (rest === '') return joinNothing(base, baseEnds, path);
  const restStarts = rest.charCodeAt(0) === SLASH;
  if (baseEnds) return restStarts ? base.slice(0, -1) + rest : base + rest;
  return restStarts ? base + rest : `${base}/${rest}`;
}

/** The route took the whole path: whether a slash ends the result depends on whether one ended the request. */
function joinNothing(base: string, baseEnds: boolean, path: string): string {
  const pathEnds = path.charCodeAt(path.length - 1) === SLASH;
  if (baseEnds) return base === '/' || pathEnds ? base : base.slice(0, -1);
  return path.length > 1 && pathEnds ? `${base}/` : base;
}

/** A prefix may end inside a segment: `/a` of `/a../b` must not leave a climb for the service. */
function withoutDots(rest: string): string {
  if (rest === '.' || rest === '..') return '';
  if (rest.startsWith('./')) return rest.slice(2);
  return rest.startsWith('../') ? rest.slice(3) : rest;
}

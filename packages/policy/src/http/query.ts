/** Reading a query without building a map of it. Names and values are decoded as forms are (`+` is a space). */

function decoded(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** Calls `visit` for each parameter in order, until it says false. Text that can't be decoded is given as it stands. */
export function eachParameter(rawQuery: string, visit: (name: string, value: string) => boolean | undefined): void {
  let start = 0;
  while (start < rawQuery.length) {
    const amp = rawQuery.indexOf('&', start);
    const end = amp < 0 ? rawQuery.length : amp;
    const equals = rawQuery.indexOf('=', start);
    const nameEnd = equals < 0 || equals > end ? end : equals;
    if (end > start && visit(decoded(rawQuery.slice(start, nameEnd)), decoded(rawQuery.slice(nameEnd + 1, end))) === false) return;
    start = end + 1;
  }
}

/** All values of a parameter; a security check refuses more than one. */
export function queryValues(rawQuery: string, name: string): string[] {
  const values: string[] = [];
  eachParameter(rawQuery, (key, value) => {
    if (key === name) values.push(value);
    return undefined;
  });
  return values;
}

/** The query without some parameters (decoded names); what remains stands as it was sent. */
export function withoutParameters(rawQuery: string, names: readonly string[]): string {
  if (rawQuery === '') return rawQuery;
  const kept = rawQuery.split('&').filter((part) => {
    const equals = part.indexOf('=');
    return !names.includes(decoded(equals < 0 ? part : part.slice(0, equals)));
  });
  return kept.join('&');
}

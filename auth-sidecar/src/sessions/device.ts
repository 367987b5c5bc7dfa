/** What a client calls itself, in words for people. */

const DEVICE_MAX = 100;

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/CrOS/, 'ChromeOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Linux/, 'Linux'],
];

/** Who says it is another says its own name first. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg(?:e|A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/(?:Firefox|FxiOS)\//, 'Firefox'],
  [/(?:Chrome|CriOS)\//, 'Chrome'],
  [/Version\/[\d.]+ .*Safari\//, 'Safari'],
];

const nameIn = (table: typeof SYSTEMS, text: string): string | null => table.find(([pattern]) => pattern.test(text))?.[1] ?? null;

/**
 * "Firefox on Linux"; of an app the product it names first ("MyApp/2.1"); "unknown" for none.
 * @param userAgent the header, as hostile as any
 */
export function deviceOf(userAgent: string | undefined): string {
  const text = (userAgent ?? '').slice(0, 512);
  const browser = nameIn(BROWSERS, text);
  const system = nameIn(SYSTEMS, text);
  if (browser !== null) return system === null ? browser : `${browser} on ${system}`;
  const product = /^[\w.!#$%&'*+^`|~-]+(?:\/[\w.!#$%&'*+^`|~-]+)?/.exec(text)?.[0];
  return product === undefined ? 'unknown' : product.slice(0, DEVICE_MAX);
}

/**
 * Patterns over paths, for rules: `/wallets/{id}/balance`, `/courses/*`.
 * `{name}` is one segment, a final `*` is the path itself and what is below it, on segment boundaries.
 * A trailing slash of the path makes no difference.
 */

const PARAMETER = /^\{([A-Za-z_][A-Za-z0-9_]{0,31})\}$/;
const LITERAL = /^[^{}*]*$/;

/** What is wrong with a pattern, or null. */
export function pathPatternFault(pattern: string): string | null {
  if (!pattern.startsWith('/')) return 'must start with /';
  const segments = pattern.slice(1).split('/');
  for (const [i, segment] of segments.entries()) {
    if (segment === '*') {
      if (i < segments.length - 1) return '* may only stand at the end';
    } else if (!PARAMETER.test(segment) && !LITERAL.test(segment)) return `"${segment}" is neither a literal, a {name} nor a final *`;
  }
  return null;
}

/** Made once from a pattern; matching allocates nothing but the path's segments. */
export class PathPattern {
  private readonly segments: readonly string[];
  /** Position of each parameter's segment. */
  private readonly parameters: ReadonlyMap<string, number>;
  private readonly open: boolean;
  /** For sorting: literal segments, then all of them. More is more specific. */
  readonly specificity: number;

  /** @param pattern one that pathPatternFault finds nothing wrong with */
  constructor(pattern: string) {
    const segments = splitPath(pattern);
    this.open = segments.at(-1) === '*';
    if (this.open) segments.pop();
    const names = segments.map((segment) => PARAMETER.exec(segment)?.[1]);
    this.parameters = new Map(names.flatMap((name, i) => (name === undefined ? [] : [[name, i] as const])));
    this.segments = segments.map((segment, i) => (names[i] === undefined ? segment : ''));
    this.specificity = this.segments.filter((segment) => segment !== '').length * 1000 + segments.length * 2 + (this.open ? 0 : 1);
  }

  /** Whether a path, split by splitPath, fits. */
  matches(path: readonly string[]): boolean {
    const { segments } = this;
    if (this.open ? path.length < segments.length : path.length !== segments.length) return false;
    for (let i = 0; i < segments.length; i++) {
      const wanted = segments[i]!;
      if (wanted === '' ? path[i] === '' : path[i] !== wanted) return false;
    }
    return true;
  }

  /** The segment that a parameter stands for, percent-decoded; undefined when the pattern has no such name. */
  parameter(name: string, path: readonly string[]): string | undefined {
    const position = this.parameters.get(name);
    const segment = position === undefined ? undefined : path[position];
    if (segment === undefined || !segment.includes('%')) return segment;
    try {
      return decodeURIComponent(segment);
    } catch {
      return undefined;
    }
  }

  get parameterNames(): Iterable<string> {
    return this.parameters.keys();
  }
}

/** Segments of a path without its trailing slash: `/a/b/` → a, b; `/` → none. */
export function splitPath(path: string): string[] {
  const end = path.length > 1 && path.endsWith('/') ? path.length - 1 : path.length;
  return end <= 1 ? [] : path.slice(1, end).split('/');
}

/**
 * Counters and histograms that cost a few additions per request: whoever counts holds the cell, and no labels are hashed on
 * the way. Written out in the Prometheus text format 0.0.4.
 */

export interface Counter {
  value: number;
}

/** Counts per bucket, not cumulated; the last is for what exceeds all bounds. */
export interface Histogram {
  readonly counts: Float64Array;
  sum: number;
}

/** Series of one family; what comes past it is counted nowhere but in `dropped`. */
const SERIES_MAX = 20_000;

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

abstract class Family<Cell> {
  protected readonly cells = new Map<string, Cell>();
  private overflow: Cell | null = null;
  /** How often a series was refused for the bound. */
  dropped = 0;

  protected constructor(
    readonly name: string,
    private readonly help: string,
    private readonly type: 'counter' | 'histogram',
    private readonly labels: readonly string[],
  ) {}

  /** The cell of these label values, in the order of the family's labels; the same one each time. */
  cell(...values: readonly string[]): Cell {
    const key = this.labels.map((label, i) => `${label}="${escapeLabel(values[i] ?? '')}"`).join(',');
    const known = this.cells.get(key);
    if (known) return known;
    if (this.cells.size >= SERIES_MAX) {
      this.dropped++;
      this.overflow ??= this.fresh();
      return this.overflow;
    }
    const made = this.fresh();
    this.cells.set(key, made);
    return made;
  }

  /** The family as text; nothing while it has no series. */
  render(): string {
    if (this.cells.size === 0) return '';
    const lines = [...this.cells.keys()].sort().map((key) => this.lines(key, this.cells.get(key)!));
    return heading(this.name, this.help, this.type) + lines.join('');
  }

  protected abstract fresh(): Cell;
  protected abstract lines(key: string, cell: Cell): string;
}

/** The two lines before a family. */
export const heading = (name: string, help: string, type: string): string => `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;

export class CounterFamily extends Family<Counter> {
  constructor(name: string, help: string, labels: readonly string[]) {
    super(name, help, 'counter', labels);
  }

  protected fresh(): Counter {
    return { value: 0 };
  }

  protected lines(key: string, cell: Counter): string {
    return `${this.name}{${key}} ${cell.value}\n`;
  }
}

export class HistogramFamily extends Family<Histogram> {
  /** `bounds`: upper bounds, rising. */
  constructor(
    name: string,
    help: string,
    labels: readonly string[],
    private readonly bounds: readonly number[],
  ) {
    super(name, help, 'histogram', labels);
  }

  /** Counts one value; what is no finite number is left out. */
  observe(cell: Histogram, value: number): void {
    if (!Number.isFinite(value)) return;
    const { bounds } = this;
    let i = 0;
    while (i < bounds.length && value > bounds[i]!) i++;
    cell.counts[i]!++;
    cell.sum += value;
  }

  protected fresh(): Histogram {
    return { counts: new Float64Array(this.bounds.length + 1), sum: 0 };
  }

  protected lines(key: string, cell: Histogram): string {
    let total = 0;
    let out = '';
    this.bounds.forEach((bound, i) => {
      total += cell.counts[i]!;
      out += `${this.name}_bucket{${key},le="${bound}"} ${total}\n`;
    });
    total += cell.counts[this.bounds.length]!;
    out += `${this.name}_bucket{${key},le="+Inf"} ${total}\n`;
    return `${out}${this.name}_count{${key}} ${total}\n${this.name}_sum{${key}} ${cell.sum}\n`;
  }
}

/** A family that is known only when it is asked for. `series`: label values and the number. */
export function renderGauge(
  name: string,
  help: string,
  labels: readonly string[],
  series: Iterable<readonly [values: readonly string[], value: number]>,
): string {
  let out = '';
  for (const [values, value] of series) {
    const key = labels.map((label, i) => `${label}="${escapeLabel(values[i] ?? '')}"`).join(',');
    out += `${name}${key === '' ? '' : `{${key}}`} ${value}\n`;
  }
  return out === '' ? '' : heading(name, help, 'gauge') + out;
}

/**
 * The most frequent of many names in bounded memory (the space-saving algorithm of Metwally, Agrawal and El Abbadi, 2005):
 * a name that makes up more than 1/capacity of all is always in it, and a count is too high by at most total/capacity.
 */
export class TopList {
  private readonly counts = new Map<string, number>();

  constructor(private readonly capacity: number) {}

  /** Counts a name; gives the count that it has now. */
  add(name: string): number {
    const known = this.counts.get(name);
    const count = (known ?? (this.counts.size < this.capacity ? 0 : this.evict())) + 1;
    this.counts.set(name, count);
    return count;
  }

  /** The `size` most frequent, most frequent first. */
  top(size: number): [name: string, count: number][] {
    return [...this.counts].sort((a, b) => b[1] - a[1]).slice(0, size);
  }

  private evict(): number {
    let least = Number.POSITIVE_INFINITY;
    let name = '';
    for (const [candidate, count] of this.counts) {
      if (count >= least) continue;
      least = count;
      name = candidate;
    }
    this.counts.delete(name);
    return least;
  }
}

/** Lets the first `capacity` names through and calls all others `other`. */
export class LabelCap {
  private readonly known = new Set<string>();

  constructor(private readonly capacity: number) {}

  label(name: string): string {
    if (this.known.has(name)) return name;
    if (this.known.size >= this.capacity) return 'other';
    this.known.add(name);
    return name;
  }
}

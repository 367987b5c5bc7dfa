/**
 * A bounded map of two generations: what is used moves to the young one, what is not goes with the old one. No clock, no lists,
 * and a flood of new keys costs each of them one insertion.
 */
export class GenerationCache<T> {
  private young = new Map<string, T>();
  private old = new Map<string, T>();
  private readonly half: number;

  /** @param capacity entries that are kept at most; 0 = none */
  constructor(capacity: number) {
    this.half = Math.ceil(capacity / 2);
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: string): T | undefined {
    const found = this.young.get(key);
    if (found !== undefined) return found;
    const older = this.old.get(key);
    if (older === undefined) return undefined;
    this.old.delete(key);
    this.add(key, older);
    return older;
  }

  set(key: string, value: T): void {
    if (this.half === 0) return;
    this.old.delete(key);
    // A key is often a piece of the request's head: a copy of its own, or the whole head would stay in memory.
    this.add(this.young.has(key) ? key : Buffer.from(key, 'utf8').toString('utf8'), value);
  }

  delete(key: string): void {
    this.young.delete(key);
    this.old.delete(key);
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }

  private add(key: string, value: T): void {
    if (this.young.size >= this.half && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }
}

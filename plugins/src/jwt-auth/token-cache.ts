/** Verified tokens of two generations: what is used moves to the young one, what is not goes with the old one. No clock, no lists. */
export class TokenCache<T> {
  private young = new Map<string, T>();
  private old = new Map<string, T>();
  private readonly half: number;

  /** @param capacity tokens that are kept at most; 0 = none */
  constructor(capacity: number) {
    this.half = Math.ceil(capacity / 2);
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(token: string): T | undefined {
    const found = this.young.get(token);
    if (found !== undefined) return found;
    const older = this.old.get(token);
    if (older === undefined) return undefined;
    this.old.delete(token);
    this.add(token, older);
    return older;
  }

  set(token: string, value: T): void {
    if (this.half === 0) return;
    this.old.delete(token);
    // A token is a piece of the request's head: a copy of its own, or the whole head would stay in memory.
    this.add(Buffer.from(token, 'latin1').toString('latin1'), value);
  }

  delete(token: string): void {
    this.young.delete(token);
    this.old.delete(token);
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }

  private add(token: string, value: T): void {
    if (this.young.size >= this.half && !this.young.has(token)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(token, value);
  }
}

/**
 * Names of keys. All keys of a system carry its name as their hash tag: scripts that count in several windows at once, or tell of
 * what they change, need them on one node of a Redis Cluster.
 */
export class Keys {
  private readonly prefix: string;

  /** @param system empty for none */
  constructor(system: string) {
    this.prefix = `gatehouse:{${system === '' ? 'default' : system}}:`;
  }

  /** @param name of the store and what it keeps there */
  of(name: string): string {
    return this.prefix + name;
  }
}

import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';

/** How often the file may be looked at, in milliseconds. */
const RECHECK_MS = 1000;
const LARGEST_FILE = 4 * 1024 * 1024;
const LOCALHOST: ReadonlyMap<string, readonly string[]> = new Map([['localhost', ['127.0.0.1']]]);

/** The names of a hosts file (hosts(5)). It is read again when it changes: an edit needs no restart. */
export class HostsFile {
  private readonly path: string;
  private readonly now: () => number;
  private names: ReadonlyMap<string, readonly string[]> = LOCALHOST;
  private checkedAt = Number.NEGATIVE_INFINITY;
  private stamp = '';

  constructor(path: string, now: () => number) {
    this.path = path;
    this.now = now;
  }

  /**
   * @param name in lower case
   * @returns its IPv4 addresses, or its IPv6 addresses when it has no others; empty when the file doesn't name it
   */
  lookup(name: string): readonly string[] {
    this.refresh();
    return this.names.get(name) ?? LOCALHOST.get(name) ?? [];
  }

  private refresh(): void {
    const now = this.now();
    if (now - this.checkedAt < RECHECK_MS) return;
    this.checkedAt = now;
    try {
      const { mtimeMs, size } = statSync(this.path);
      const stamp = `${mtimeMs}/${size}`;
      if (stamp === this.stamp || size > LARGEST_FILE) return;
      this.stamp = stamp;
      this.names = parseHosts(readFileSync(this.path, 'utf8'));
    } catch {
      this.names = LOCALHOST;
      this.stamp = '';
    }
  }
}

/** Name (lower case) → addresses, of one family each: IPv4 where there is one, as in Kong. Lines that make no sense are skipped. */
export function parseHosts(text: string): Map<string, readonly string[]> {
  const found = new Map<string, { 4: string[]; 6: string[] }>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.split('#', 1)[0]!.trim().split(/\s+/);
    const version = isIP(address);
    if (version !== 4 && version !== 6) continue;
    for (const name of names) add(found, name.toLowerCase(), version, address);
  }
  const names = new Map<string, readonly string[]>();
  for (const [name, byVersion] of found) names.set(name, byVersion[4].length > 0 ? byVersion[4] : byVersion[6]);
  return names;
}

function add(found: Map<string, { 4: string[]; 6: string[] }>, name: string, version: 4 | 6, address: string): void {
  const byVersion = found.get(name) ?? { 4: [], 6: [] };
  if (!byVersion[version].includes(address)) byVersion[version].push(address);
  found.set(name, byVersion);
}

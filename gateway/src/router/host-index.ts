/** Routes by the host they ask for. */
import type { Matcher } from './matcher.js';
import { PathIndex } from './path-index.js';
import type { Probe } from './probe.js';

export class HostIndex {
  private readonly tables = { exact: new HostTable(), suffix: new HostTable(), prefix: new HostTable() };
  /** Routes for any host. */
  private readonly rest = new PathIndex();

  /** Matchers must come in order of rank. */
  add(matcher: Matcher): void {
    const { hosts } = matcher.conditions;
    if (hosts === null) this.rest.add(matcher);
    else for (const { kind, text } of hosts) this.tables[kind].indexFor(text).add(matcher);
  }

  /** Puts the routes that fit host and path before the probe. */
  visit(probe: Probe): void {
    const { host } = probe;
    const { exact, suffix, prefix } = this.tables;
    exact.get(host)?.visit(probe);
    for (const length of suffix.lengths) {
      if (length <= host.length) suffix.get(host.slice(host.length - length))?.visit(probe);
    }
    for (const length of prefix.lengths) {
      if (length <= host.length) prefix.get(host.slice(0, length))?.visit(probe);
    }
    this.rest.visit(probe);
  }
}

class HostTable {
  /** Lengths of the texts: at most some 250, so the table bounds what a lookup costs, not the request. */
  readonly lengths: number[] = [];
  private readonly byText = new Map<string, PathIndex>();

  get(text: string): PathIndex | undefined {
    return this.byText.get(text);
  }

  indexFor(text: string): PathIndex {
    let index = this.byText.get(text);
    if (!index) {
      index = new PathIndex();
      this.byText.set(text, index);
      if (!this.lengths.includes(text.length)) this.lengths.push(text.length);
    }
    return index;
  }
}

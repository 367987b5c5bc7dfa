/** One request while its route is looked for: facts worked out once, and the best route so far. */
import type { HeaderList } from '../headers.js';
import { fromBytes, isAscii } from './bytes.js';
import { type Address, parseAddress } from './connection-condition.js';
import { splitHostPort } from './host.js';
import type { Matcher } from './matcher.js';
import type { Groups, RouteRegex } from './regex/route-regex.js';
import type { RouteFacts } from './types.js';

export class Probe {
  readonly path: string;
  /** The path as Unicode; null when it is no UTF-8. */
  readonly text: string | null;
  readonly ascii: boolean;
  /** Without its port. */
  readonly host: string;
  /** Of the Host header, else of the listener: what route conditions on the destination's port see, as in Kong. */
  readonly port: number;
  readonly headers: HeaderList;
  best: Matcher | null = null;
  /** Rank of the best so far: only lower ones are of interest. */
  limit = Number.POSITIVE_INFINITY;
  /** The regular expression of the best so far that matched the path, and what its groups matched. */
  pattern: RouteRegex | null = null;
  groups: Groups | null = null;
  private source: Address | null | undefined;
  private destination: Address | null | undefined;

  constructor(readonly facts: RouteFacts) {
    const { host, port } = splitHostPort(facts.host);
    this.host = host;
    this.port = port ?? facts.destinationPort;
    this.headers = facts.headers;
    this.path = facts.path;
    this.ascii = isAscii(facts.path);
    this.text = this.ascii ? facts.path : fromBytes(facts.path);
  }

  get sourceAddress(): Address | null {
    if (this.source === undefined) this.source = parseAddress(this.facts.sourceIp);
    return this.source;
  }

  get destinationAddress(): Address | null {
    if (this.destination === undefined) this.destination = parseAddress(this.facts.destinationIp);
    return this.destination;
  }

  /** Takes the first of these that accepts the request, if it goes before the best so far. They are in order of rank. */
  consider(matchers: readonly Matcher[]): void {
    for (let i = 0; i < matchers.length; i++) {
      const matcher = matchers[i]!;
      if (matcher.rank >= this.limit) return;
      if (!matcher.accepts(this)) continue;
      this.best = matcher;
      this.limit = matcher.rank;
      return;
    }
  }
}

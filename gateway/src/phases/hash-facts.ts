/** What consistent hashing may ask of a request, read only when an upstream hashes on it. */
import { type Hashed, type HashInputs, hashableQueryArg, type PickFacts } from '../balancer/index.js';
import type { LiveExchange } from './exchange.js';

export class HashFacts implements PickFacts, HashInputs {
  hashed: Hashed | undefined = undefined;

  constructor(private readonly exchange: LiveExchange) {}

  get hashInputs(): HashInputs {
    return this;
  }

  consumerId(): string | null {
    return this.exchange.consumer?.id ?? this.exchange.credential?.id ?? null;
  }

  clientIp(): string {
    return this.exchange.request.clientIp;
  }

  header(name: string): string | undefined {
    const values = this.exchange.request.headers.getAll(name);
    return values.length === 0 ? undefined : values.join(', ');
  }

  /** nginx compares names without case. */
  cookie(name: string): string | undefined {
    const wanted = name.toLowerCase();
    for (const line of this.exchange.request.headers.getAll('cookie')) {
      for (const pair of line.split(';')) {
        const at = pair.indexOf('=');
        if (at > 0 && pair.slice(0, at).trim().toLowerCase() === wanted) return pair.slice(at + 1).trim();
      }
    }
    return undefined;
  }

  path(): string {
    return this.exchange.request.path;
  }

  queryArg(name: string): string | undefined {
    return hashableQueryArg(this.exchange.request.rawQuery, name);
  }

  uriCapture(name: string): string | undefined {
    return this.exchange.uriCaptures?.named[name];
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http';

/** What counts as one kind of request. */
export type ProviderEndpoint = 'discovery' | 'keys' | 'authorization' | 'token' | 'revocation' | 'logout' | 'login' | 'other';

const endpoints: readonly (readonly [string, ProviderEndpoint])[] = [
  ['/.well-known/openid-configuration', 'discovery'],
  ['/protocol/openid-connect/certs', 'keys'],
  ['/protocol/openid-connect/auth', 'authorization'],
  ['/protocol/openid-connect/token', 'token'],
  ['/protocol/openid-connect/revoke', 'revocation'],
  ['/protocol/openid-connect/logout', 'logout'],
  ['/interaction/', 'login'],
];

const endpointOf = (url: string): ProviderEndpoint => endpoints.find(([part]) => url.includes(part))?.[1] ?? 'other';

/** Faults on demand, and a count of what was asked. */
export class Behaviour {
  /** Milliseconds before each answer; Infinity: none ever comes. */
  delayMs = 0;
  /** Status of every answer in place of the right one; 0: the connection is cut. Undefined: all is well. */
  fault: number | undefined;
  readonly #counts = new Map<ProviderEndpoint, number>();

  /** How many requests an endpoint has had, those included that were not answered well. */
  count(endpoint: ProviderEndpoint): number {
    return this.#counts.get(endpoint) ?? 0;
  }

  /** Does to a request what is wanted, then lets it through. */
  apply(request: IncomingMessage, response: ServerResponse, pass: () => void): void {
    const endpoint = endpointOf(request.url ?? '');
    this.#counts.set(endpoint, this.count(endpoint) + 1);
    if (this.delayMs === Number.POSITIVE_INFINITY) return;
    if (this.delayMs > 0) setTimeout(() => this.#answer(request, response, pass), this.delayMs).unref();
    else this.#answer(request, response, pass);
  }

  #answer(request: IncomingMessage, response: ServerResponse, pass: () => void): void {
    if (this.fault === undefined) return pass();
    if (this.fault === 0) return void request.destroy();
    response.writeHead(this.fault, { 'Content-Type': 'application/json' }).end('{"error":"server_error"}');
  }
}

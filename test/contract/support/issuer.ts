import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { issuerKeys } from './secrets.js';

/** Plays interview's identity provider as far as a gateway needs one: the discovery document and the key set. */
export class Issuer {
  private readonly server = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(request.url?.startsWith('/.well-known') ? { issuer: this.url, jwks_uri: `${this.url}/jwks` } : issuerKeys));
  });
  private url = '';

  /** Opens a free port and says its address, which is the issuer's name. */
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this.url;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

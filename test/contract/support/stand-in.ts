import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Received } from './expectation.js';

/** Plays a part that is no product's service (the auth sidecar, the push server): answers 200 to all, echoes WebSocket messages. */
export class StandIn {
  readonly requests: Received[] = [];
  private readonly server = http.createServer((request, response) => {
    let bodyBytes = 0;
    request.on('data', (chunk: Buffer) => {
      bodyBytes += chunk.length;
    });
    request.on('end', () => {
      this.record(request, bodyBytes);
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ service: this.name }));
    });
  });
  private readonly sockets = new WebSocketServer({ noServer: true });

  constructor(readonly name: string) {
    this.server.on('upgrade', (request, socket, head) => {
      this.record(request, 0);
      this.sockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }));
        webSocket.on('error', () => webSocket.terminate());
      });
    });
  }

  /** Opens a free port and says its address. */
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const client of this.sockets.clients) client.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private record(request: http.IncomingMessage, bodyBytes: number): void {
    const { method = '', url = '', headers } = request;
    this.requests.push({ service: this.name, method, url, headers: headers as Received['headers'], bodyBytes });
  }
}

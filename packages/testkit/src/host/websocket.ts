import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';

const MAX_MESSAGE = 1024 * 1024;
const MAX_BUFFERED = 8 * MAX_MESSAGE;
let server: Promise<WebSocketServer> | undefined;

/** Accepts a WebSocket and sends every message back, text as text and binary as binary; the first offered subprotocol is taken. */
export async function echo(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  server ??= load();
  const sockets = await server;
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on('error', () => webSocket.terminate());
    webSocket.on('message', (data, isBinary) => {
      // A client that sends and never reads is not to fill the memory.
      if (webSocket.bufferedAmount > MAX_BUFFERED) webSocket.terminate();
      else webSocket.send(data, { binary: isBinary });
    });
  });
}

/** Answers an upgrade with a plain HTTP status and closes. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

// Loaded at the first upgrade: most runs never need it, and all mocks are to be ready at once.
async function load(): Promise<WebSocketServer> {
  const { WebSocketServer: Sockets } = await import('ws');
  return new Sockets({ noServer: true, maxPayload: MAX_MESSAGE, clientTracking: false });
}

import { WebSocket } from 'ws';

const TIMEOUT_MS = 10_000;
const MAX_MESSAGE = 1024 * 1024;

/**
 * Opens a WebSocket with these headers (Host included), sends one text and gives back the first that comes.
 * @param url `ws://…` or `wss://…`, whose certificate is not checked.
 * @throws Error when the upgrade is refused, on a time-out of 10 s, and when the connection ends before a message.
 */
export function exchangeMessage(url: string, headers: Readonly<Record<string, string>>, text: string): Promise<string> {
  const socket = new WebSocket(url, { headers, rejectUnauthorized: false, handshakeTimeout: TIMEOUT_MS, maxPayload: MAX_MESSAGE });
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no message from ${url}`)), TIMEOUT_MS);
    socket.on('open', () => socket.send(text));
    socket.on('message', (data) => resolve(String(data)));
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      reject(new Error(`${url} closed before a message came`));
    });
  }).finally(() => socket.terminate());
}

import http from 'node:http';
import WebSocket from 'ws';
import type { CaseRequest } from './cases.js';

/** What came back. */
export interface Answer {
  status: number;
  /** Lower-case names; several lines of one name joined with a comma. */
  headers: Record<string, string>;
  body: string;
}

/** Who asks. */
export interface From {
  bearer?: string | undefined;
  /** `id.secret` */
  apiKey?: string | undefined;
  localAddress?: string | undefined;
}

type FullRequest = Extract<CaseRequest, { headers: unknown }>;
type Headers = Record<string, string | string[]>;

const answerTimeoutMs = 20_000;

/**
 * Sends a case's request to the plane, byte for byte as the case says, on a connection of its own.
 * @param from who asks: a bearer token, and the loopback address from which the connection comes
 */
export async function send(plane: URL, host: string, request: CaseRequest, from: From = {}): Promise<Answer> {
  const { bearer, apiKey, localAddress } = from;
  const plain = 'headers' in request ? request : { ...request, headers: {}, chunked: false };
  const { full, credentials } = withToken(plain, bearer);
  const key = apiKey === undefined ? {} : { 'X-API-Key': apiKey };
  const headers: Headers = { Host: full.host ?? host, ...credentials, ...key, ...full.headers };
  return full.message === undefined ? sendHttp(plane, full, headers, localAddress) : sendMessage(plane, full, headers, localAddress);
}

/** Puts the token where the case wants it. */
function withToken(request: FullRequest, token: string | undefined): { full: FullRequest; credentials: Headers } {
  const place = request.token_as;
  if (token === undefined) return { full: request, credentials: {} };
  if (place === undefined) return { full: request, credentials: { Authorization: `Bearer ${token}` } };
  if ('cookie' in place) return { full: request, credentials: { Cookie: `${place.cookie}=${token}` } };
  const path = `${request.path}${request.path.includes('?') ? '&' : '?'}${place.query}=${token}`;
  return { full: { ...request, path }, credentials: {} };
}

function bodyOf(request: FullRequest, headers: Headers): Buffer {
  if (request.json !== undefined) {
    headers['Content-Type'] ??= 'application/json';
    return Buffer.from(JSON.stringify(request.json));
  }
  return Buffer.from(request.body ?? 'x'.repeat(request.bytes ?? 0));
}

function sendHttp(plane: URL, request: FullRequest, headers: Headers, localAddress: string | undefined): Promise<Answer> {
  const body = bodyOf(request, headers);
  const expectsBody = body.length > 0 || /^(POST|PUT|PATCH)$/.test(request.method);
  if (request.chunked) headers['Transfer-Encoding'] = 'chunked';
  else if (expectsBody) headers['Content-Length'] = String(body.length);
  const options = {
    host: plane.hostname,
    port: plane.port,
    method: request.method,
    path: request.path,
    headers,
    agent: false,
    localAddress,
  };
  return new Promise((resolve, reject) => {
    const outgoing = http.request({ ...options, timeout: answerTimeoutMs }, (incoming) => {
      readAnswer(incoming).then(resolve, reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${answerTimeoutMs} ms`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function readAnswer(incoming: http.IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return answerOf(incoming, Buffer.concat(chunks).toString('utf8'));
}

function answerOf(incoming: http.IncomingMessage, body: string): Answer {
  const joined = Object.entries(incoming.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]);
  return { status: incoming.statusCode ?? 0, headers: Object.fromEntries(joined), body };
}

/** Opens a WebSocket, sends one message and waits for one; a plain answer instead of the upgrade is an answer too. */
function sendMessage(plane: URL, request: FullRequest, headers: Headers, localAddress: string | undefined): Promise<Answer> {
  const url = new URL(request.path, plane);
  url.protocol = 'ws:';
  const socket = new WebSocket(url, { headers: headers as Record<string, string>, handshakeTimeout: answerTimeoutMs, localAddress });
  return new Promise<Answer>((resolve, reject) => {
    let upgraded: Answer | undefined;
    socket.on('upgrade', (incoming) => {
      upgraded = answerOf(incoming, '');
    });
    socket.on('open', () => socket.send(request.message ?? ''));
    socket.on('message', (data) => resolve({ ...(upgraded as Answer), body: data.toString() }));
    socket.on('unexpected-response', (_, incoming) => {
      readAnswer(incoming).then(resolve, reject);
    });
    socket.on('error', reject);
  }).finally(() => socket.terminate());
}

import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

/** One active check of one peer. */
export interface ProbeRequest {
  readonly type: 'http' | 'https' | 'tcp';
  readonly ip: string;
  readonly port: number;
  /** The Host header: the upstream's `host_header`, else the target's name. */
  readonly host: string;
  /** The name asked for in TLS; an address is not sent. */
  readonly sni: string;
  /** Whether the certificate must be valid for that name. */
  readonly verify: boolean;
  readonly path: string;
  readonly headers: Readonly<Record<string, readonly string[]>> | null;
  readonly certificate: { readonly cert: string; readonly key: string } | null;
  /** How long each step (connect, handshake, answer) may take. */
  readonly timeoutMs: number;
  /** Aborted when the check is given up. */
  readonly signal: AbortSignal;
}

/** What a probe found; a status of 0 is an answer that is not HTTP. */
export type ProbeOutcome =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'connected' }
  | { readonly kind: 'tcp_failure' }
  | { readonly kind: 'timeout' };

/** Asks one peer. Resolves in every case; whoever calls it keeps a deadline of its own all the same. */
export type Probe = (request: ProbeRequest) => Promise<ProbeOutcome>;

const CONNECTED: ProbeOutcome = { kind: 'connected' };
const TCP_FAILURE: ProbeOutcome = { kind: 'tcp_failure' };
const TIMEOUT: ProbeOutcome = { kind: 'timeout' };

/** The probe over real sockets: a connection of its own each time, only the head of the answer is read. */
export const probePeer: Probe = (request) => (request.type === 'tcp' ? probeTcp(request) : probeHttp(request));

function probeTcp(request: ProbeRequest): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: request.ip, port: request.port, timeout: request.timeoutMs, signal: request.signal });
    const finish = (outcome: ProbeOutcome): void => {
      resolve(outcome);
      socket.destroy();
    };
    socket.once('connect', () => finish(CONNECTED));
    socket.once('timeout', () => finish(TIMEOUT));
    socket.on('error', () => finish(TCP_FAILURE));
  });
}

function probeHttp(request: ProbeRequest): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const message = openRequest(request);
    if (message === null) {
      resolve(TCP_FAILURE);
      return;
    }
    const finish = (outcome: ProbeOutcome): void => {
      resolve(outcome);
      message.destroy();
    };
    message.once('response', (answer) => finish({ kind: 'status', status: answer.statusCode ?? 0 }));
    message.once('upgrade', (answer) => finish({ kind: 'status', status: answer.statusCode ?? 0 }));
    message.once('timeout', () => finish(TIMEOUT));
    message.on('error', (error) => finish(failureOf(error)));
    message.end();
  });
}

/** Null when path or headers cannot be sent at all. */
function openRequest(request: ProbeRequest): http.ClientRequest | null {
  const options: https.RequestOptions = {
    host: request.ip,
    port: request.port,
    path: request.path,
    headers: headersOf(request),
    agent: false,
    timeout: request.timeoutMs,
    signal: request.signal,
  };
  try {
    if (request.type === 'http') return http.request(options);
    return https.request({
      ...options,
      ...request.certificate,
      servername: net.isIP(request.sni) === 0 ? request.sni : '',
      rejectUnauthorized: request.verify,
    });
  } catch {
    return null;
  }
}

/** The configured headers; a Host among them stands instead of the target's. */
function headersOf(request: ProbeRequest): http.OutgoingHttpHeaders {
  const headers: http.OutgoingHttpHeaders = { host: request.host };
  for (const [name, values] of Object.entries(request.headers ?? {})) {
    const key = name.toLowerCase();
    headers[key] = key === 'host' ? values[0] : [...values];
  }
  return headers;
}

function failureOf(error: NodeJS.ErrnoException): ProbeOutcome {
  if (error.code?.startsWith('HPE_')) return { kind: 'status', status: 0 };
  return error.code === 'ETIMEDOUT' ? TIMEOUT : TCP_FAILURE;
}

/** One request as a listener hands it on, and who takes it. */
import type { Socket } from 'node:net';
import type { TlsInfo } from '../plugin.js';
import type { HeadFault, RequestHead } from './head-parser.js';
import type { Reply } from './reply.js';
import type { RequestBody } from './request-body.js';

/** One request as it came in, whatever the protocol. */
export interface Incoming {
  readonly head: RequestHead;
  readonly body: RequestBody;
  readonly reply: Reply;
  readonly connection: ConnectionFacts;
  /** Counts the requests on this connection from 1. */
  readonly requestNumber: number;
}

export interface ConnectionFacts {
  readonly scheme: 'http' | 'https';
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Counts the connections of this process from 1. */
  readonly serial: number;
  /** Server name of the TLS handshake. */
  readonly sni: string | null;
  readonly tls: TlsInfo | null;
}

/** A client's connection, whatever it speaks. */
export interface ClientConnection {
  readonly socket: Socket;
  /** The current wait ends here, Unix ms. */
  readonly deadline: number;
  /** The deadline passed. */
  expire(): void;
  /** Closes after what is under way. */
  shutdown(): void;
}

export interface ConnectionHandler {
  request(incoming: Incoming): void;
  /** A head that can't be accepted; the connection is closed after the answer. */
  fault(fault: HeadFault, reply: Reply, connection: ConnectionFacts): void;
  /** Something of ours threw; the connection is closed already. */
  crashed(error: unknown): void;
}

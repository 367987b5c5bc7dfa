/**
 * A unix socket that a successor can take over without a lost request: it listens beside the path and is renamed over it, and on the
 * way out it removes the path only when that is still its own.
 */

import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import type { Log } from '@gatehouse/policy';

/** What a lane does with one connection. */
export interface ConnectionHandler {
  /** Takes bytes. A throw ends the connection. */
  push(piece: Buffer): void;
  /** Whether an answer is owed. */
  readonly busy: boolean;
}

export interface ListenerOptions {
  readonly path: string;
  /** Makes the handler of a connection that writes with `write` (one character per byte). */
  handle(write: (text: string) => void): ConnectionHandler;
  readonly log: Log;
}

/** Kong's workers may run as another user of the same group. */
const MODE = 0o660;
const BACKLOG = 4096;
/** Bytes that may wait for a reader that does not read. */
const WRITE_MAX = 128 * 1024 * 1024;

export class Listener {
  private readonly server: net.Server;
  private readonly connections = new Map<net.Socket, ConnectionHandler>();
  private inode = 0;
  private draining = false;

  constructor(private readonly options: ListenerOptions) {
    this.server = net.createServer((socket) => this.accept(socket));
  }

  get connectionCount(): number {
    return this.connections.size;
  }

  /** @throws when the path can't be listened on */
  async start(): Promise<void> {
    const { path } = this.options;
    const beside = `${path}.${process.pid}`;
    fs.rmSync(beside, { force: true });
    this.server.listen({ path: beside, backlog: BACKLOG });
    await once(this.server, 'listening');
    fs.chmodSync(beside, MODE);
    this.inode = fs.statSync(beside).ino;
    fs.renameSync(beside, path);
  }

  /** Whether new connections still come here: false once the path is gone or a successor's. */
  get current(): boolean {
    return fs.statSync(this.options.path, { throwIfNoEntry: false })?.ino === this.inode;
  }

  /** Takes no more connections; ends each when it owes nothing. */
  drain(): void {
    this.draining = true;
    if (this.current) fs.rmSync(this.options.path, { force: true });
    this.server.close();
    for (const [socket, handler] of this.connections) if (!handler.busy) socket.end();
  }

  /** Ends all connections at once. */
  destroy(): void {
    for (const socket of this.connections.keys()) socket.destroy();
  }

  private accept(socket: net.Socket): void {
    const handler = this.options.handle((text) => this.write(socket, text));
    this.connections.set(socket, handler);
    // A peer that resets the connection is no news: Kong opens another.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.connections.delete(socket));
    socket.on('data', (piece) => {
      try {
        handler.push(piece);
      } catch (error) {
        this.options.log('warn', 'a connection was given up', { error: String(error) });
        socket.destroy();
      }
    });
  }

  private write(socket: net.Socket, text: string): void {
    if (socket.destroyed) return;
    socket.write(text, 'latin1');
    if (socket.writableLength > WRITE_MAX) socket.destroy();
    else if (this.draining && !this.connections.get(socket)?.busy) socket.end();
  }
}

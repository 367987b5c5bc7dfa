/** The services behind the gateway: four ports that answer as the case says and remember what they got, and one that never accepts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './case-file.js';
import { formatMessage, headerOf, linesOf, type Message, takeMessage } from './raw-http.js';

export interface Received extends Message {
  readonly port: number;
}

const PORTS = [19_101, 19_102, 19_103, 19_104];
const STUCK_PORT = 19_105;
const BUSY_WAIT_MS = 120_000;
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const NOTHING = Buffer.alloc(0);

/** Listens; waits while another run holds the port. */
async function listen(server: net.Server, port: number): Promise<void> {
  for (const until = Date.now() + BUSY_WAIT_MS; ; ) {
    server.listen(port, '127.0.0.1');
    const failed = await Promise.race([once(server, 'listening').then(() => null), once(server, 'error').then(([error]) => error)]).catch(
      (error: NodeJS.ErrnoException) => error,
    );
    if (failed === null) return;
    if (failed.code !== 'EADDRINUSE' || Date.now() > until) throw failed;
    await sleep(1000);
  }
}

/** Reads requests of one connection and answers them in order. */
class ServedConnection {
  private bytes: Buffer = NOTHING;
  private busy = false;
  private tunnelling = false;

  constructor(
    private readonly socket: net.Socket,
    private readonly port: number,
    private readonly owner: Upstreams,
  ) {
    socket.on('data', (data) => this.receive(data));
    socket.on('end', () => {
      void this.next(true);
      socket.end();
    });
    socket.on('error', () => socket.destroy());
  }

  private receive(data: Buffer): void {
    if (this.tunnelling) {
      this.socket.write(data);
      return;
    }
    this.bytes = Buffer.concat([this.bytes, data]);
    void this.next(false);
  }

  private async next(ended: boolean): Promise<void> {
    if (this.busy || this.tunnelling) return;
    const request = takeMessage(this.bytes, { ended });
    if (!request || request.status === 'raw') return;
    this.bytes = request.rest;
    this.owner.received.push({ ...request, port: this.port });
    this.busy = true;
    await this.answer(request, this.owner.answerFor(this.port));
    this.busy = false;
    if (this.bytes.length > 0) await this.next(false);
  }

  private async answer(request: Message, how: Answer): Promise<void> {
    if (how.delay) await sleep(how.delay);
    if (how.close) this.socket.destroy();
    if (this.socket.destroyed) return;
    if (how.upgrade) {
      this.switchProtocols(request);
      return;
    }
    if (how.raw === undefined) this.socket.write(this.wellFormed(request, how));
    else await this.writePieces([how.raw].flat(), how.gap ?? 20);
    if (how.end) this.socket.end();
  }

  private switchProtocols(request: Message): void {
    this.tunnelling = true;
    const key = headerOf(request.headers, 'sec-websocket-key') ?? '';
    const accept = createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64');
    const headers = [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', accept],
    ] as const;
    this.socket.write(formatMessage('HTTP/1.1 101 Switching Protocols', headers, undefined, true));
  }

  private wellFormed(request: Message, how: Answer): Buffer {
    const status = how.status ?? 200;
    const bare = status === 204 || status === 304;
    const headers = linesOf(how.headers ?? (bare ? {} : { 'Content-Type': 'application/octet-stream' }));
    const expanded = headers.map(([name, value]): [string, string] => [name, this.owner.expand(value)]);
    const body = bare ? undefined : this.owner.expand(how.body ?? `up ${this.port}\n`);
    return formatMessage(`HTTP/1.1 ${status} X`, expanded, body, request.start.startsWith('HEAD '));
  }

  private async writePieces(pieces: readonly string[], gap: number): Promise<void> {
    for (const piece of pieces) {
      if (this.socket.destroyed) return;
      this.owner.lastWriteAt = Date.now();
      this.socket.write(Buffer.from(this.owner.expand(piece), 'latin1'));
      await sleep(gap);
    }
  }
}

export class Upstreams {
  /** Requests since the last `forget`, of all ports, as they came. */
  received: Received[] = [];
  /** How requests are answered now. */
  answer: Answer = {};
  expand: (text: string) => string = (text) => text;
  /** Unix ms of the last piece of a raw answer. */
  lastWriteAt = 0;
  private readonly servers: net.Server[] = [];
  private readonly sockets = new Set<net.Socket>();
  private stuck: ChildProcess | null = null;
  private readonly waiting: net.Socket[] = [];

  /** Takes the ports; waits for a run that has them, two minutes at most. */
  async start(): Promise<void> {
    for (const port of PORTS) {
      const server = net.createServer((socket) => {
        this.sockets.add(socket);
        socket.on('close', () => this.sockets.delete(socket));
        new ServedConnection(socket, port, this);
      });
      await listen(server, port);
      this.servers.push(server);
    }
    await this.startStuck();
  }

  answerFor(port: number): Answer {
    return this.answer.byPort?.[port] ?? this.answer;
  }

  /** Closes what the gateway keeps open, so that no case finds a connection of another one. */
  disconnect(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.disconnect();
    for (const socket of this.waiting) socket.destroy();
    this.stuck?.kill('SIGKILL');
    for (const server of this.servers) await new Promise((resolve) => server.close(resolve));
  }

  /** A stopped process with a full accept queue: connecting to it takes for ever. */
  private async startStuck(): Promise<void> {
    const script = `require('net').createServer().listen({port:${STUCK_PORT},host:'127.0.0.1',backlog:1},()=>console.log('up'))`;
    this.stuck = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(this.stuck.stdout!, 'data');
    this.stuck.kill('SIGSTOP');
    await sleep(50);
    for (let i = 0; i < 4; i++) this.waiting.push(net.connect(STUCK_PORT, '127.0.0.1').on('error', () => undefined));
  }
}

/** A server that answers nonsense on the sockets of a plugin server. */
import fs from 'node:fs';
import net from 'node:net';

/** Bytes that look like something, and bytes that do not; the same in every run. */
function* nonsense(): Generator<Buffer> {
  const texts = [
    '',
    '\n',
    '0 {}\n',
    '0 []\n',
    '0 [1]\n',
    '0 null\n',
    '0 true\n',
    '7 p\n',
    'p\n',
    '-1 p\n',
    '0 \n',
    '1e9 p\n',
    '0  p\n',
    '0 u\n',
    '0 e\n',
  ];
  const packed = ['94', '9401', '940101c0c0', '94010000c0', '9401ff', 'c1', '00', '9401000181', '93010203', '9402a0a0', 'dd7fffffff'];
  const all = [...texts.map((text) => Buffer.from(text)), ...packed.map((hex) => Buffer.from(hex, 'hex'))];
  let seed = 7;
  for (;;) {
    for (const one of all) yield one;
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    yield Buffer.from(Array.from({ length: 1 + (seed % 200) }, (_, i) => ((seed >> (i % 23)) ^ (i * 37)) & 0xff));
  }
}

export class GarbageServer implements AsyncDisposable {
  /** Questions that were answered with nonsense. */
  answered = 0;
  private readonly source = nonsense();
  private readonly connections = new Set<net.Socket>();
  private readonly servers: net.Server[] = [];

  static async start(sockets: readonly string[]): Promise<GarbageServer> {
    const made = new GarbageServer();
    for (const socket of sockets) await made.listen(socket);
    return made;
  }

  private async listen(path: string): Promise<void> {
    fs.rmSync(path, { force: true });
    const server = net.createServer((socket) => {
      this.connections.add(socket);
      socket.on('close', () => this.connections.delete(socket));
      socket.on('error', () => undefined);
      socket.on('data', () => {
        this.answered++;
        socket.write(this.source.next().value as Buffer);
        // Half of the answers end the connection: others leave the asker waiting.
        if (this.answered % 2 === 0) socket.end();
      });
    });
    this.servers.push(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    await Promise.all(this.servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

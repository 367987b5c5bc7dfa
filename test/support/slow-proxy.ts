/** Stands between a client and a server, and makes the answers late, or keeps them to itself. */
import net from 'node:net';

export class SlowProxy {
  /** Milliseconds by which answers are late; Infinity: they never come. */
  delayMs = 0;
  /** Connections made so far. */
  connections = 0;
  private readonly sockets = new Set<net.Socket>();

  private constructor(private readonly server: net.Server) {}

  static async start(target: number): Promise<SlowProxy> {
    const server = net.createServer();
    const proxy = new SlowProxy(server);
    server.on('connection', (client) => proxy.join(client, net.connect(target, '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: net.Socket, server: net.Socket): void {
    this.connections++;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (data) => server.write(data));
    server.on('data', (data) => {
      if (this.delayMs === 0) client.write(data);
      else if (Number.isFinite(this.delayMs)) setTimeout(() => client.write(data), this.delayMs).unref();
    });
  }
}

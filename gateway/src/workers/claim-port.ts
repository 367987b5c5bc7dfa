/** The ports of several processes, before any of them listens. */
import net from 'node:net';

/** A port that is free now, for `--port 0`: all workers need the same one. */
async function freePort(host: string): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host, exclusive: true }, resolve);
  });
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Makes sure that nobody listens on a port: another gateway's workers would share it without anyone noticing. By asking, since one who
 * listened for a moment would look ready.
 * @returns the port
 * @throws the system's EADDRINUSE
 */
export async function claimPort(port: number, host: string): Promise<number> {
  if (port === 0) return freePort(host);
  const own = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const taken = await new Promise<boolean>((resolve) => {
    const socket = net.connect({ port, host: own, timeout: 1000 }, () => resolve(true));
    socket.on('error', () => resolve(false)).on('timeout', () => resolve(false));
    socket.once('connect', () => socket.destroy()).once('timeout', () => socket.destroy());
  });
  if (taken) throw Object.assign(new Error('in use'), { code: 'EADDRINUSE', port });
  return port;
}

/** What the gateway's objects take once all dead ones are collected, asked over Node's inspector. */
import type { Plane } from './plane.js';

/** To be added to a plane's environment. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

interface Reply {
  readonly id: number;
  readonly result: { readonly usedSize?: number };
}

class Inspector {
  private serial = 0;
  private constructor(private readonly socket: WebSocket) {}

  static async open(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    return new Inspector(socket);
  }

  call(method: string): Promise<Reply['result']> {
    const id = ++this.serial;
    return new Promise((resolve) => {
      const take = ({ data }: MessageEvent): void => {
        const reply = JSON.parse(String(data)) as Reply;
        if (reply.id !== id) return;
        this.socket.removeEventListener('message', take);
        resolve(reply.result);
      };
      this.socket.addEventListener('message', take);
      this.socket.send(JSON.stringify({ id, method }));
    });
  }

  close(): void {
    this.socket.close();
  }
}

/** Bytes of the living objects of a plane that was started with INSPECTED. */
export async function livingBytes(plane: Plane): Promise<number> {
  const url = /ws:\/\/\S+/.exec(plane.gateway.log)?.[0];
  if (!url) throw new Error('the plane was not started with an inspector');
  const inspector = await Inspector.open(url);
  await inspector.call('HeapProfiler.collectGarbage');
  const { usedSize } = await inspector.call('Runtime.getHeapUsage');
  inspector.close();
  return usedSize!;
}

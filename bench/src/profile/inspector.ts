/** Asks a Node program that was started with `--inspect` what it allocates, over the Chrome DevTools protocol. */
import { readFileSync } from 'node:fs';
import { BenchError } from '../errors.js';
import type { HeapNode } from './allocations.js';

/** Bytes between two samples, on average. */
const SAMPLING_BYTES = 16_384;

interface Reply {
  readonly id: number;
  readonly result?: { readonly profile?: { readonly head: HeapNode } };
  readonly error?: { readonly message: string };
}

export class Inspector {
  private serial = 0;
  private constructor(private readonly socket: WebSocket) {}

  /** @param log where the program's output went: it says there where it can be asked */
  static async open(log: string): Promise<Inspector> {
    const url = /ws:\/\/\S+/.exec(readFileSync(log, 'utf8'))?.[0];
    if (!url) throw new BenchError('the program said nothing of an inspector');
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new BenchError(`${url} does not answer`)));
    });
    return new Inspector(socket);
  }

  /** From now on all allocations count, also those of objects that are dead by the end. */
  async startAllocations(): Promise<void> {
    const all = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
    await this.call('HeapProfiler.startSampling', { samplingInterval: SAMPLING_BYTES, ...all });
  }

  async stopAllocations(): Promise<HeapNode> {
    const { result } = await this.call('HeapProfiler.stopSampling');
    if (!result?.profile) throw new BenchError('the program gave no heap profile');
    return result.profile.head;
  }

  close(): void {
    this.socket.close();
  }

  private call(method: string, params: object = {}): Promise<Reply> {
    const id = ++this.serial;
    return new Promise((resolve, reject) => {
      const take = ({ data }: MessageEvent): void => {
        const reply = JSON.parse(String(data)) as Reply;
        if (reply.id !== id) return;
        this.socket.removeEventListener('message', take);
        if (reply.error) reject(new BenchError(`${method}: ${reply.error.message}`));
        else resolve(reply);
      };
      this.socket.addEventListener('message', take);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }
}

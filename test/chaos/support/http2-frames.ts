/** A client that writes HTTP/2 frames as it likes. */
import tls from 'node:tls';

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const END_STREAM = 1;
export const END_HEADERS = 4;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A literal field without indexing, without Huffman coding: names and values of less than 127 bytes. */
export function field(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);
}

/** The header block of a request. */
export function block(method: string, path: string, ...more: Buffer[]): Buffer {
  const own = [field(':method', method), field(':scheme', 'https'), field(':authority', 'a'), field(':path', path)];
  return Buffer.concat([...own, ...more]);
}

interface Received {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export class FrameClient {
  readonly frames: Received[] = [];
  private pending = Buffer.alloc(0);
  closed = false;

  private constructor(readonly socket: tls.TLSSocket) {
    socket.on('data', (data) => this.receive(data));
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => undefined);
  }

  /** @param settings the payload of the first SETTINGS frame */
  static connect(port: number, settings = Buffer.alloc(0)): Promise<FrameClient> {
    return new Promise((resolve, reject) => {
      const options = { port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false };
      const socket = tls.connect(options, () => {
        const client = new FrameClient(socket);
        socket.write(PREFACE);
        client.send(frame(FRAME.settings, 0, 0, settings));
        resolve(client);
      });
      socket.once('error', reject);
    });
  }

  send(...frames: Buffer[]): boolean {
    return this.socket.writable && this.socket.write(Buffer.concat(frames));
  }

  /** Frames of a kind, of one stream or of any. */
  of(type: number, stream?: number): Received[] {
    return this.frames.filter((each) => each.type === type && (stream === undefined || each.stream === stream));
  }

  /** The code of the GOAWAY that ended the connection; null when there was none. */
  get goaway(): number | null {
    return this.of(FRAME.goaway).at(-1)?.payload.readUInt32BE(4) ?? null;
  }

  private receive(data: Buffer): void {
    this.pending = Buffer.concat([this.pending, data]);
    while (this.pending.length >= 9) {
      const length = this.pending.readUIntBE(0, 3);
      if (this.pending.length < 9 + length) return;
      const [type, flags] = [this.pending[3]!, this.pending[4]!];
      const payload = this.pending.subarray(9, 9 + length);
      this.frames.push({ type, flags, stream: this.pending.readUInt32BE(5) & 0x7fffffff, payload });
      this.pending = this.pending.subarray(9 + length);
    }
  }
}

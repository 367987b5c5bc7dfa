/** Speaks both lanes' protocols with a plugin server, as Kong would, with no Kong and no Lua: for many requests, and for bad ones. */
import { once } from 'node:events';
import net from 'node:net';
import { MessageStream, type Packed, pack } from '../../../plugins/src/server/msgpack.js';

const MESSAGE_MAX = 1 << 20;
/** When the request began, and its id. */
const STAMP = `1800000000000${'-'.repeat(55)}${'f'.repeat(32)}`;

interface Needs {
  readonly headers: readonly string[];
  readonly headerSize: boolean;
}

/** A line of facts of a GET with no headers, as kong/lua/gatehouse/facts.lua writes it. */
export function factsLine(needs: string, url: string): string {
  const { headers, headerSize } = JSON.parse(needs) as Needs;
  const first = ['gongbu', 'r', 's', 'http', 'h', null, false, true, 0, headerSize ? [1, 5, 5] : null, null, null];
  return JSON.stringify([...first, 'GET', null, null, '10.0.0.1', url, ...(headers.length > 0 ? [headers.map(() => null)] : [])]);
}

export const configOf = (policies: readonly object[]): string =>
  JSON.stringify({ system: 'gongbu', policies: JSON.stringify(policies), __plugin_id: 'p', __seq__: 1 });

/** An answer: [1, id, error, result]. */
export type Reply = readonly [type: number, id: number, error: string | null, result: Record<string, unknown> | null];

/** The first argument of the PDK call that a reply asks for; "" when it asks for none. */
export function askedFor([, , , result]: Reply): string {
  const { Args: [first = ''] = [] } = (result?.['Data'] ?? {}) as { Args?: string[] };
  return first;
}

const frame = (id: number, method: string, argument: Packed): Buffer => pack([0, id, `plugin.${method}`, [argument]]);

/** The PDK lane. */
export class PdkClient implements Disposable {
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private id = 0;

  private constructor(readonly socket: net.Socket) {
    const stream = new MessageStream(MESSAGE_MAX);
    socket.on('data', (piece) => stream.push(piece, (message) => this.got(message as unknown as Reply)));
    socket.on('error', () => undefined);
  }

  static async connect(path: string): Promise<PdkClient> {
    const socket = net.connect(path);
    await once(socket, 'connect');
    return new PdkClient(socket);
  }

  /** A message's bytes, and its reply to come. */
  prepare(method: string, argument: Packed): { bytes: Buffer; reply: Promise<Reply> } {
    const id = ++this.id;
    const reply = new Promise<Reply>((resolve) => this.waiting.set(id, resolve));
    return { bytes: frame(id, method, argument), reply };
  }

  call(method: string, argument: Packed): Promise<Reply> {
    const { bytes, reply } = this.prepare(method, argument);
    this.socket.write(bytes);
    return reply;
  }

  /** Starts an instance of a route's policies; says its id, and what they need. */
  async instance(policies: readonly object[]): Promise<{ id: number; needs: string }> {
    const [, , error, started] = await this.call('StartInstance', { Name: 'gatehouse', Config: configOf(policies) });
    if (error !== null) throw new Error(error);
    const id = Number(started?.['Id']);
    return { id, needs: askedFor(await this.call('HandleEvent', { InstanceId: id, EventName: 'access' })) };
  }

  /** The last step of a request: its facts. */
  facts(id: number, needs: string, url: string): Packed {
    return { EventId: id, Data: `F ${factsLine(needs, url)}\n${STAMP}` };
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  private got(reply: Reply): void {
    this.waiting.get(reply[1])?.(reply);
    this.waiting.delete(reply[1]);
  }
}

/** The direct lane: each question's answer line (and body) in order. */
export class DirectClient implements Disposable {
  private text = '';
  private readonly waiting: ((answer: string) => void)[] = [];

  private constructor(readonly socket: net.Socket) {
    socket.setEncoding('latin1').on('data', (piece: string) => this.got(piece));
    socket.on('error', () => undefined);
  }

  static async connect(path: string): Promise<DirectClient> {
    const socket = net.connect(path);
    await once(socket, 'connect');
    return new DirectClient(socket);
  }

  /** The next answer. */
  next(): Promise<string> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  ask(question: string): Promise<string> {
    const answer = this.next();
    this.socket.write(question, 'latin1');
    return answer;
  }

  /** Defines a chain; says what it needs. */
  async define(id: string, policies: readonly object[]): Promise<string> {
    const told = await this.ask(`c${id} ${JSON.stringify({ system: 'gongbu', policies: JSON.stringify(policies) })}\n`);
    return (JSON.parse(told.slice(told.indexOf(' ') + 1)) as { needs: string }).needs;
  }

  question(id: string, needs: string, url: string): string {
    return `f${id} 0 ${STAMP} ${factsLine(needs, url)}\n`;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  private got(piece: string): void {
    this.text += piece;
    let from = 0;
    for (;;) {
      const line = this.text.indexOf('\n', from);
      const length = Number(this.text.slice(from, this.text.indexOf(' ', from)));
      if (line < 0 || this.text.length < line + 1 + length) break;
      this.waiting.shift()?.(this.text.slice(from, line + 1 + length));
      from = line + 1 + length;
    }
    this.text = this.text.slice(from);
  }
}

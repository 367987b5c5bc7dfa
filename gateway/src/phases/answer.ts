/** The way of an answer to the client: header filters, body filters, added headers, buffering, the log phase. */
import type { HeaderList } from '../headers.js';
import type { Reply } from '../http1/reply.js';
import type { Outcome, PluginInstance, ResponseHead, Try } from '../plugin.js';
import { addCharset } from './charset.js';
import type { LiveExchange } from './exchange.js';
import type { Plane } from './plane.js';

const NOTHING = Buffer.alloc(0);
const EMPTY: readonly PluginInstance[] = [];
const NO_TRIES: readonly Try[] = [];

/** A head while filters may still change it. */
class Head implements ResponseHead {
  constructor(
    public status: number,
    readonly headers: HeaderList,
    readonly source: ResponseHead['source'],
  ) {}
}

export class Answer {
  private head: Head | null = null;
  private filters: readonly PluginInstance[] = EMPTY;
  /** Pieces held back until `passOn`; null when everything passes at once. */
  private held: Buffer[] | null = null;
  private heldBytes = 0;
  private logged = false;

  constructor(
    private readonly exchange: LiveExchange,
    private readonly reply: Reply,
    private readonly plane: Plane,
  ) {}

  get started(): boolean {
    return this.head !== null;
  }

  /** A whole answer: an exit or an error. */
  send(status: number, headers: HeaderList, body: Buffer, source: 'exit' | 'error'): void {
    const head = this.prepare(status, headers, source);
    const content = this.filters.length === 0 ? body : this.filter(body, true);
    const bodiless = this.isBodiless(head.status);
    // Who takes the length away means to change the body: it goes out in chunks, as in Kong.
    const length = head.headers.has('content-length') ? content.length : null;
    this.reply.start(head.status, head.headers, length, bodiless);
    this.reply.write(content, true);
    this.finish(false);
  }

  /** Begins an answer of the service. `hold`: pieces wait for `passOn`, as in nginx's proxy_buffering. */
  begin(status: number, headers: HeaderList, hold: boolean): void {
    const head = this.prepare(status, headers, 'service');
    const length = head.headers.get('content-length');
    const bodiless = this.isBodiless(head.status);
    this.reply.start(head.status, head.headers, length === undefined ? null : Number(length), bodiless);
    this.held = hold ? [] : null;
    if (!hold) this.reply.flush();
  }

  /** A piece of the service's body; false: the client is slower, wait. */
  data(chunk: Buffer): boolean {
    const piece = this.filters.length === 0 ? chunk : this.filter(chunk, false);
    if (!this.held) return piece.length === 0 || this.reply.write(piece, false);
    this.held.push(piece);
    this.heldBytes += piece.length;
    return true;
  }

  /** Sends what is held; false: the client is slower, wait. */
  passOn(): boolean {
    return this.heldBytes === 0 || this.reply.write(this.takeHeld(NOTHING), false);
  }

  /** The service's body is complete. */
  end(): void {
    const last = this.filters.length === 0 ? NOTHING : this.filter(NOTHING, true);
    this.reply.write(this.held ? this.takeHeld(last) : last, true);
    this.finish(false);
  }

  /** The service broke off: the client sees a cut answer, and nothing more of a `broken` one. */
  cut(broken: boolean): void {
    if (!broken && this.heldBytes > 0) this.reply.write(this.takeHeld(NOTHING), false);
    this.reply.abort(broken);
    this.finish(true);
  }

  /** The headers of a 101, filtered. */
  switching(headers: HeaderList): HeaderList {
    return this.prepare(101, headers, 'service').headers;
  }

  /** Runs the log phase once. */
  finish(aborted: boolean): void {
    if (this.logged) return;
    this.logged = true;
    const instances = this.exchange.collected ?? this.plane.chains.global;
    if (instances.length === 0) return;
    const outcome = this.outcome(aborted);
    for (const instance of instances) {
      if (!instance.log) continue;
      try {
        instance.log(this.exchange, outcome);
      } catch (error) {
        this.plane.log('error', 'a plugin failed in the log phase', { error: String(error), requestId: this.exchange.id });
      }
    }
  }

  private outcome(aborted: boolean): Outcome {
    const { exchange } = this;
    const now = this.plane.now();
    const asked = exchange.upstreamAskedAt;
    return {
      status: this.head?.status ?? 499,
      source: this.head?.source ?? 'error',
      totalMs: now - exchange.startedAt,
      upstreamMs: asked === 0 ? null : (exchange.upstreamAnsweredAt || now) - asked,
      gatewayMs: (asked === 0 ? now : asked) - exchange.startedAt,
      bytesIn: exchange.incoming.head.size + exchange.incoming.body.received,
      bytesOut: this.reply.bytesOut,
      aborted,
      tries: exchange.tries ?? NO_TRIES,
    };
  }

  private isBodiless(status: number): boolean {
    return this.exchange.incoming.head.method === 'HEAD' || status === 204 || status === 304;
  }

  private prepare(status: number, headers: HeaderList, source: ResponseHead['source']): Head {
    const { exchange, plane } = this;
    const pending = exchange.pendingHeaders;
    if (pending && source === 'service') headers.putFirst(pending);
    const head = new Head(status, headers, source);
    this.head = head;
    const instances = exchange.collected ?? plane.chains.global;
    for (const instance of instances) if (instance.headerFilter) this.filterHead(instance, head);
    this.filters = instances.some((instance) => instance.bodyFilter) ? instances.filter((instance) => instance.bodyFilter) : EMPTY;
    addCharset(head.status, head.headers);
    this.addOwn(head);
    return head;
  }

  private addOwn(head: Head): void {
    const { added } = this.plane;
    if (added.server && !head.headers.has('server')) head.headers.push('Server', 'server', added.server);
    if (added.latency) this.addLatency(head);
    if (added.via && head.source === 'service') head.headers.add('Via', added.via);
    if (added.requestId) head.headers.set('X-Kong-Request-Id', this.exchange.id);
  }

  private addLatency(head: Head): void {
    const { exchange } = this;
    const own = (exchange.upstreamAskedAt || this.plane.now()) - exchange.startedAt;
    if (head.source !== 'service') {
      head.headers.set('X-Kong-Response-Latency', String(own));
      return;
    }
    head.headers.set('X-Kong-Upstream-Latency', String(exchange.upstreamAnsweredAt - exchange.upstreamAskedAt));
    head.headers.set('X-Kong-Proxy-Latency', String(own));
  }

  /** A head that a plugin could not finish goes out as it is; Kong logs and goes on, too. */
  private filterHead(instance: PluginInstance, head: Head): void {
    try {
      instance.headerFilter!(this.exchange, head);
    } catch (error) {
      this.plane.log('error', 'a plugin failed in the header filter', { error: String(error), requestId: this.exchange.id });
    }
  }

  /** A body that a plugin could not filter is not sent: it may have been there to take something out. */
  private filter(chunk: Buffer, last: boolean): Buffer {
    let piece = chunk;
    try {
      for (const instance of this.filters) piece = instance.bodyFilter!(this.exchange, piece, last);
      return piece;
    } catch (error) {
      this.plane.log('error', 'a plugin failed in the body filter', { error: String(error), requestId: this.exchange.id });
      this.reply.abort(false);
      return NOTHING;
    }
  }

  private takeHeld(last: Buffer): Buffer {
    const held = this.held!;
    if (last.length > 0) held.push(last);
    this.held = [];
    this.heldBytes = 0;
    return held.length === 1 ? held[0]! : Buffer.concat(held);
  }
}

/** Takes one request through Kong's phases: rewrite, route, access, proxy, and the answer back. */
import { HeaderList } from '../headers.js';
import type { Incoming } from '../http1/incoming.js';
import { BodyFault } from '../http1/request-body.js';
import { BodyTooLarge, type Exit } from '../plugin.js';
import { Forward, type ForwardOwner, type OutgoingBody } from '../proxy/forward.js';
import { forwardedLines } from '../proxy/request-head.js';
import { RequestStream } from '../proxy/request-stream.js';
import type { ResponseStart } from '../proxy/response-parser.js';
import type { UpstreamConnection } from '../proxy/upstream-connection.js';
import { normalizePath, type ProtocolAnswer, protocolAnswer, type RouteMatch } from '../router/index.js';
import { type AccessOwner, AccessPhase } from './access-phase.js';
import { Answer } from './answer.js';
import { clientRequest } from './client-request.js';
import { unlessKnown } from './conditional.js';
import { type ErrorBody, kongError, nginxError } from './error-body.js';
import { LiveExchange } from './exchange.js';
import { exitAnswer, pendingCopy } from './exit-answer.js';
import { HashFacts } from './hash-facts.js';
import type { Plane } from './plane.js';

const NONE: OutgoingBody = { kind: 'none' };

/** nginx refuses a path before it has read any header, so neither plugins nor the error's form may know them. */
function withoutHeaders(incoming: Incoming): Incoming {
  return { ...incoming, head: { ...incoming.head, headers: new HeaderList() } };
}

export class RequestRun implements ForwardOwner, AccessOwner {
  private readonly exchange: LiveExchange;
  private readonly answer: Answer;
  private forward: Forward | null = null;
  over = false;

  constructor(
    private readonly incoming: Incoming,
    private readonly plane: Plane,
    private readonly onOver: () => void,
  ) {
    const { target } = incoming.head;
    const mark = target.indexOf('?');
    const path = normalizePath(mark < 0 ? target : target.slice(0, mark));
    this.badPath = path === null;
    const request = clientRequest(path === null ? withoutHeaders(incoming) : incoming, path ?? '/', plane.trust);
    this.exchange = new LiveExchange(plane.requestId(), request, incoming, plane.now());
    this.answer = new Answer(this.exchange, incoming.reply, plane);
    incoming.reply.onAbort = () => this.clientLeft();
  }

  private readonly badPath: boolean;

  /** Runs until the answer is sent; `onOver` is called then. */
  start(): void {
    try {
      if (this.badPath) this.nginxError(400);
      else this.rewrite(0);
    } catch (error) {
      this.crashed(error);
    }
  }

  /** Plugins that are bound to nothing, before a route is known; goes on at `from`. */
  private rewrite(from: number): void {
    const { rewriters } = this.plane;
    for (let i = from; i < rewriters.length; i++) {
      const result = rewriters[i]!.rewrite!(this.exchange);
      if (result instanceof Promise) {
        result.then((exit) => !this.over && (exit ? this.sendExit(exit) : this.rewrite(i + 1))).catch((error) => this.crashed(error));
        return;
      }
      if (result) return this.sendExit(result);
    }
    this.route();
  }

  private route(): void {
    const { exchange, plane } = this;
    const { request } = exchange;
    const { connection } = this.incoming;
    const match = plane.router.match({
      method: request.method,
      host: request.headers.get('host') ?? '',
      path: request.path,
      scheme: request.scheme,
      headers: request.headers,
      sni: connection.sni ?? undefined,
      sourceIp: request.clientIp,
      sourcePort: connection.remotePort,
      destinationIp: connection.localAddress,
      destinationPort: connection.localPort,
    });
    if (!match) return this.kongError(404, 'no Route matched with those values');
    this.matched(match);
    const refusal = protocolAnswer(match.route, this.forwardedScheme(), request.headers.get('content-type'));
    if (refusal) return this.refuseProtocol(refusal);
    new AccessPhase(exchange, plane.chains.for(match.route), this).run(0);
  }

  private matched(match: RouteMatch): void {
    const { exchange } = this;
    exchange.route = match.route;
    exchange.service = match.service;
    exchange.uriCaptures = match.captures;
    exchange.prefix = match.prefix;
    exchange.upstream.path = match.upstreamUri;
    exchange.upstream.scheme = match.service?.protocol === 'https' ? 'https' : 'http';
    exchange.forwarded = forwardedLines(exchange);
    if (match.route.preserve_host) exchange.upstream.host = exchange.request.headers.get('host') ?? null;
  }

  private forwardedScheme(): 'http' | 'https' {
    const { request } = this.exchange;
    if (!request.trusted) return request.scheme;
    return (request.headers.get('x-forwarded-proto') ?? request.scheme) === 'https' ? 'https' : 'http';
  }

  private refuseProtocol(refusal: ProtocolAnswer): void {
    const { exchange } = this;
    if (refusal.message !== null) {
      for (const [name, value] of Object.entries(refusal.headers)) exchange.responseHeaders.set(name, value);
      return this.kongError(refusal.status, refusal.message);
    }
    const { request } = exchange;
    const host = request.trusted ? (request.headers.get('x-forwarded-host') ?? request.host) : request.host;
    this.sendExit({ status: refusal.status, headers: { Location: `https://${host}${this.incoming.head.target}` } });
  }

  // ---- access

  pluginFailed(error: unknown): void {
    if (error instanceof BodyFault) return this.bodyFailed(error.status);
    if (error instanceof BodyTooLarge) return this.nginxError(413);
    this.plane.log('error', 'a plugin failed', {
      error: error instanceof Error ? error.stack : String(error),
      requestId: this.exchange.id,
    });
    this.kongError(500, 'An unexpected error occurred');
  }

  accessDone(exit: Exit | null): void {
    if (exit) return this.sendExit(exit);
    const { service } = this.exchange;
    if (!service) return this.kongError(503, 'no Service found with those values');
    this.prepareBody();
  }

  // ---- proxy

  private prepareBody(): void {
    const { exchange, incoming } = this;
    const replaced = exchange.upstream.body;
    if (replaced) return this.proxy({ kind: 'collected', body: { length: replaced.length, memory: replaced, file: null } });
    if (!incoming.body.exists) return this.proxy(NONE);
    const streams = exchange.route!.request_buffering === false && !exchange.collectedBody;
    if (streams && !incoming.body.complete && !incoming.body.failed) {
      return this.proxy({ kind: 'stream', stream: new RequestStream(incoming.body, (status) => this.streamBroke(status)) });
    }
    const ready = exchange.collectedBody ? null : incoming.body.takeComplete();
    if (ready) return this.proxy({ kind: 'collected', body: { length: ready.length, memory: ready, file: null } });
    (exchange.collectedBody ?? exchange.collect())
      .then((body) => (this.over ? body.file?.close() : this.proxy({ kind: 'collected', body })))
      .catch((error) => (error instanceof BodyFault ? this.bodyFailed(error.status) : this.crashed(error)));
  }

  private proxy(body: OutgoingBody): void {
    this.forward = new Forward(this.exchange, body, new HashFacts(this.exchange), this, this.plane.forward);
    this.forward.start();
  }

  private bodyFailed(status: 400 | 408 | null): void {
    if (this.over) return;
    if (status === null) return this.clientLeft();
    this.nginxError(status);
  }

  private streamBroke(status: 400 | 408 | null): void {
    this.forward?.cancel();
    if (this.answer.started) this.answer.cut(false);
    else if (status !== null) return this.nginxError(status);
    else this.answer.finish(true);
    this.end();
  }

  answered(start: ResponseStart, headers: HeaderList): void {
    const accel = start.headers.get('x-accel-buffering')?.toLowerCase();
    const unbuffered = accel === 'no' || (accel !== 'yes' && this.exchange.route!.response_buffering === false);
    this.incoming.reply.onDrain = () => this.forward?.resume();
    this.answer.begin(start.status, headers, !unbuffered);
  }

  data(chunk: Buffer): boolean {
    return this.answer.data(chunk);
  }

  ended(): void {
    this.answer.end();
    this.end();
  }

  failed(status: number, message: string | null): void {
    if (message === null) this.nginxError(status);
    else this.kongError(status, message);
  }

  passOn(): boolean {
    return this.answer.passOn();
  }

  cut(broken: boolean): void {
    this.answer.cut(broken);
    this.end();
  }

  upgraded(headers: HeaderList, connection: UpstreamConnection): void {
    const filtered = this.answer.switching(headers);
    const early = connection.takeOver();
    this.incoming.reply.tunnel(filtered, connection.socket, early);
    this.answer.finish(false);
    this.end();
  }

  // ---- answers of our own

  private sendExit(exit: Exit): void {
    const { headers, body } = exitAnswer(this.exchange, exit);
    this.answer.send(unlessKnown(exit.status, this.exchange.request.headers, headers), headers, body, 'exit');
    this.end();
  }

  private sendError(status: number, error: ErrorBody): void {
    if (this.over) return;
    const headers = pendingCopy(this.exchange);
    headers.set('Content-Type', error.contentType);
    const body = Buffer.from(error.text);
    headers.set('Content-Length', String(body.length));
    this.answer.send(status, headers, body, 'error');
    this.end();
  }

  private kongError(status: number, message: string | null): void {
    const accept = this.exchange.request.headers.getAll('accept');
    this.sendError(status, kongError(status, message, accept.length > 0 ? accept.join(',') : undefined, this.exchange.id));
  }

  /** nginx closes the connection where framing is in doubt (ngx_http_special_response_handler). */
  private nginxError(status: number): void {
    if (status === 400 || status === 408 || status === 413) this.incoming.reply.closeAfter();
    const { headers } = this.exchange.request;
    this.sendError(status, nginxError(status, headers.get('accept'), headers.get('content-type'), this.exchange.id));
  }

  // ---- ends

  private clientLeft(): void {
    if (this.over) return;
    this.forward?.cancel();
    this.answer.finish(true);
    this.end();
  }

  /** A fault of ours: never a pass, and never the process. */
  crashed(error: unknown): void {
    this.plane.log('error', 'a request failed inside the gateway', {
      error: error instanceof Error ? error.stack : String(error),
      requestId: this.exchange.id,
    });
    if (this.over) return;
    this.forward?.cancel();
    try {
      if (this.answer.started) this.answer.cut(false);
      else this.kongError(500, 'An unexpected error occurred');
    } catch {
      // What failed once may fail for the error's answer, too.
      this.incoming.reply.abort(true);
    }
    this.end();
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.exchange.release();
    this.onOver();
  }
}

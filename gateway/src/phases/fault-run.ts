/** Answers a request whose head could not be accepted; plugins bound to nothing still see the answer, as in Kong. */
import { HeaderList } from '../headers.js';
import type { HeadFault, RequestHead } from '../http1/head-parser.js';
import type { Incoming } from '../http1/incoming.js';
import { Answer } from './answer.js';
import { clientRequest } from './client-request.js';
import { nginxError } from './error-body.js';
import { LiveExchange } from './exchange.js';
import { nginxPage } from './nginx-page.js';
import type { Plane } from './plane.js';

export class FaultRun {
  constructor(
    private readonly fault: HeadFault,
    private readonly incoming: Omit<Incoming, 'head'>,
    private readonly plane: Plane,
  ) {}

  start(): void {
    const { fault, plane } = this;
    const head: RequestHead = {
      method: fault.method,
      target: '/',
      host: '',
      version: 1.1,
      headers: fault.headers,
      contentLength: 0,
      chunked: false,
      keepAlive: false,
      expectContinue: false,
      size: 0,
    };
    const incoming: Incoming = { ...this.incoming, head };
    const exchange = new LiveExchange(plane.requestId(), clientRequest(incoming, '/', plane.trust), incoming, plane.now());
    const { headers: sent } = fault;
    const error = nginxPage(fault.status) ?? nginxError(fault.status, sent.get('accept'), sent.get('content-type'), exchange.id);
    const body = Buffer.from(error.text);
    const headers = HeaderList.from([
      ['Content-Type', error.contentType],
      ['Content-Length', String(body.length)],
    ]);
    new Answer(exchange, incoming.reply, plane).send(fault.status === 494 ? 400 : fault.status, headers, body, 'error');
  }
}

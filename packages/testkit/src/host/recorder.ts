import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a mock service got, as tests read it. */
export interface RecordedRequest {
  /** Counts up over all services of the process, so that orders can be compared. */
  readonly sequence: number;
  readonly time: string;
  /** `gongbu.course` */
  readonly service: string;
  /** The target that got it: one of the service's ports. */
  readonly port: number;
  readonly method: string;
  /** As on the request line. */
  readonly url: string;
  readonly httpVersion: string;
  /** Lower-case names; repeated headers joined as Node does (RFC 9110 section 5.3). */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Names and values in turn, exactly as received. */
  readonly rawHeaders: readonly string[];
  readonly bodyBytes: number;
  readonly bodySha256: string;
  /** The first 4 KiB as UTF-8. */
  readonly body: string;
  /** The caller left before it had the whole answer. */
  readonly aborted: boolean;
}

type Draft = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };

const MAX_RECORDS = 1000;
const MAX_KEPT_BODY = 4096;
const EMPTY_SHA256 = createHash('sha256').digest('hex');

/** Takes down one request while it arrives. */
export class Recording {
  readonly #hash: Hash = createHash('sha256');
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;

  /** @param draft the entry that readers of the recorder already see. */
  constructor(readonly draft: Draft) {}

  /** Adds a piece of the body. */
  add(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.draft.bodyBytes += chunk.length;
    if (this.#keptBytes >= MAX_KEPT_BODY) return;
    const kept = Buffer.from(chunk.subarray(0, MAX_KEPT_BODY - this.#keptBytes));
    this.#kept.push(kept);
    this.#keptBytes += kept.length;
  }

  /** The body is complete: the digest and the kept text become visible. */
  finish(): void {
    if (this.draft.bodyBytes === 0) return;
    this.draft.bodySha256 = this.#hash.digest('hex');
    this.draft.body = Buffer.concat(this.#kept).toString('utf8');
  }

  /** The caller left early. */
  abort(): void {
    this.draft.aborted = true;
  }
}

/** The last thousand requests of one service, oldest first. */
export class Recorder {
  #records: Draft[] = [];

  /**
   * @param service `gongbu.course`
   * @param nextSequence shared by all services.
   * @param now milliseconds since the epoch.
   */
  constructor(
    readonly service: string,
    private readonly nextSequence: () => number,
    private readonly now: () => number,
  ) {}

  /** Begins the entry of a request that has just arrived; its body follows. */
  begin(request: IncomingMessage, port: number): Recording {
    const recording = this.ignore(request, port);
    recording.draft.sequence = this.nextSequence();
    if (this.#records.length >= MAX_RECORDS) this.#records.shift();
    this.#records.push(recording.draft);
    return recording;
  }

  /** The same for a request that nobody wants to see: health probes and the control routes. */
  ignore(request: IncomingMessage, port: number): Recording {
    return new Recording({
      sequence: 0,
      time: new Date(this.now()).toISOString(),
      service: this.service,
      port,
      method: request.method ?? '',
      url: request.url ?? '',
      httpVersion: request.httpVersion,
      headers: { ...request.headers } as Draft['headers'],
      rawHeaders: request.rawHeaders,
      bodyBytes: 0,
      bodySha256: EMPTY_SHA256,
      body: '',
      aborted: false,
    });
  }

  /** A copy, oldest first; only requests whose URL starts with the prefix. */
  list(urlPrefix = ''): RecordedRequest[] {
    return this.#records.filter((r) => r.url.startsWith(urlPrefix)).map((r) => ({ ...r }));
  }

  /** Forgets all. */
  clear(): void {
    this.#records = [];
  }
}

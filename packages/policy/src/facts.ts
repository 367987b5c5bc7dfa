/** What a policy may know of a request. Adapters implement it; nothing is parsed before a policy asks. */

/** Who the client is by TLS, when it proved itself with a certificate that the listener verified. */
export interface ClientCertificate {
  /** RFC 4514 distinguished names. */
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  /** SHA-256 of the DER form, 64 lower-case hex digits. */
  readonly fingerprint: string;
}

/** Lines, and bytes of names and values without their separators. */
export interface HeaderSize {
  readonly lines: number;
  readonly total: number;
  /** Of the longest line. */
  readonly longest: number;
}

/** A read-only view of one request. Header names are given in lower case. Methods may be called any number of times. */
export interface Facts {
  /** The gateway's own id: unique, never the client's word, and the same when a lane asks a second time. */
  readonly requestId: string;
  /** Trace id of W3C Trace Context, 32 lower-case hex digits; null when the request has none. */
  readonly traceId: string | null;
  /** Unix milliseconds at which the request began. */
  readonly startedAt: number;
  /** Whose route it is: gongbu, interview …; empty for none. Never from the client. */
  readonly system: string;
  /** Name of the matched route and of its service; null when it has none. */
  readonly route: string | null;
  readonly service: string | null;
  /** As sent; Kong and nginx let no lower-case method in. */
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Lower-case, without port. */
  readonly host: string;
  /** Normalised: percent-decoded where safe, dot segments and double slashes resolved. */
  readonly path: string;
  /** As sent, without the query. */
  readonly rawPath: string;
  /** After `?`, as sent; empty when there is none. */
  readonly rawQuery: string;
  /** The client, with X-Forwarded-For followed through trusted addresses only. */
  readonly clientIp: string;
  /** Null when chunked or when there is no body. */
  readonly contentLength: number | null;
  readonly hasBody: boolean;
  /** First line of a header. */
  header(name: string): string | undefined;
  /** Every line of a header, in order; empty when there is none. */
  headerValues(name: string): readonly string[];
  /** How much header there is, without reading it. */
  headerSize(): HeaderSize;
  /** What the route's regular expression captured under this name. */
  capture(name: string): string | undefined;
  /**
   * The raw body; empty when there is none. The service still gets it.
   * Rejects with BodyTooLargeError past `limit` bytes, with BodyUnreadableError when the client's framing broke or it left.
   */
  body(limit: number): Promise<Uint8Array>;
  /** Its length without holding it in memory; rejects as `body` does. For a chunked body whose content nobody reads. */
  bodySize(limit: number): Promise<number>;
  clientCertificate(): ClientCertificate | null;
}

/** The client's body is larger than a policy takes: 413. Known by its code, so that an adapter may throw one of its own. */
export class BodyTooLargeError extends Error {
  readonly code = 'BODY_TOO_LARGE';
  /** @param limit the bound that was passed, in bytes */
  constructor(readonly limit: number) {
    super(`the body is larger than ${limit} bytes`);
    this.name = 'BodyTooLargeError';
  }
}

/** The client's body could not be read to its end. */
export class BodyUnreadableError extends Error {
  readonly code = 'BODY_UNREADABLE';
  /** @param status 400 for broken framing, 408 for a body that did not come in time */
  constructor(readonly status: 400 | 408) {
    super('the body could not be read');
    this.name = 'BodyUnreadableError';
  }
}

/** What a configured policy will ask facts for, so that a lane under Kong sends no more than that. */
export interface Needs {
  /** Lower-case names. */
  readonly headers?: readonly string[];
  readonly headerSize?: boolean;
  /** The raw body, up to this many bytes. */
  readonly body?: number;
  /** The body's length where no Content-Length tells it. */
  readonly bodySize?: boolean;
  readonly captures?: boolean;
  readonly clientCertificate?: boolean;
  /** `head`: told when the answer's headers are there; `end`: when the request is over as well. */
  readonly outcome?: 'head' | 'end';
  /** The answer's body up to this many bytes, in the outcome. */
  readonly answer?: number;
}

/** Needs of a whole chain, with nothing left open. */
export interface AllNeeds extends Required<Omit<Needs, 'outcome'>> {
  readonly outcome: 'none' | 'head' | 'end';
}

/** The union of what several policies need; limits become the largest. Meant for configuration time. */
export function mergeNeeds(list: readonly Needs[]): AllNeeds {
  return {
    headers: [...new Set(list.flatMap((needs) => needs.headers ?? []))].sort(),
    headerSize: list.some((needs) => needs.headerSize === true),
    body: Math.max(0, ...list.map((needs) => needs.body ?? 0)),
    bodySize: list.some((needs) => needs.bodySize === true),
    captures: list.some((needs) => needs.captures === true),
    clientCertificate: list.some((needs) => needs.clientCertificate === true),
    outcome: list.some((needs) => needs.outcome === 'end') ? 'end' : list.some((needs) => needs.outcome === 'head') ? 'head' : 'none',
    answer: Math.max(0, ...list.map((needs) => needs.answer ?? 0)),
  };
}

/** Facts as the Lua under Kong writes them: one line of JSON, its strings byte for byte, and the body beside it. */
import { X509Certificate } from 'node:crypto';
import {
  type AllNeeds,
  BodyTooLargeError,
  BodyUnreadableError,
  type ClientCertificate,
  type Facts,
  type HeaderSize,
  traceIdOf,
} from '@gatehouse/policy';

/** The line's members in order; `kong/lua/gatehouse/facts.lua` writes them. */
type Line = readonly [
  system: string,
  route: string | null,
  service: string | null,
  scheme: 'http' | 'https',
  host: string,
  contentLength: number | null,
  hasBody: boolean,
  /** Whether the body comes with the facts. */
  bodyHere: boolean,
  /** The body's length; -1 when it is not known. */
  bodyLength: number,
  headerSize: readonly [lines: number, total: number, longest: number] | null,
  captures: Readonly<Record<string, string>> | null,
  certificate: readonly (string | null)[] | null,
  method: string,
  /** Null when it is the raw one. */
  path: string | null,
  /** Null when it stands beside the line, or was not sent. */
  traceparent: string | null,
  clientIp: string,
  url: string,
  /** Left out when none are needed. */
  headers?: readonly (string | readonly string[] | null)[],
];

const MEMBERS_MIN = 17;
const MEMBERS_MAX = 18;
const TRACE_AT = 13;
const ID_AT = TRACE_AT + 55;
/** Beside the line: when the request began (Unix milliseconds, 13 digits), its traceparent or dashes (55), and its id (32 hex digits). */
export const STAMP_LENGTH = ID_AT + 32;
const STAMP = /^\d{13}.{55}[0-9a-f]{32}$/;
const NONE: readonly string[] = [];

/** What came is not what the Lua writes. */
export class FactsError extends Error {
  readonly code = 'LANE_FACTS';
}

/** What a chain needs, as the Lua wants to hear it. */
export function needsText(needs: AllNeeds): string {
  const { headers, headerSize, body, bodySize, captures, clientCertificate } = needs;
  return JSON.stringify({ headers, headerSize, body, bodySize, captures, clientCertificate });
}

/** Facts as the PDK lane gets them, in their parts. */
export interface FactsText {
  /** The id that Kong was given with its question. */
  readonly chain: string;
  readonly line: string;
  readonly body: Buffer;
  readonly stamp: string;
}

/**
 * `F`, the chain's id or nothing, a blank, the line of facts, the body after it, and the stamp at the very end.
 * @param text one character per byte
 * @throws FactsError
 */
export function splitFacts(text: string): FactsText {
  const blank = text.indexOf(' ');
  const end = text.indexOf('\n');
  if (text[0] !== 'F' || blank < 0 || end < blank) throw new FactsError('no text of facts');
  const stampAt = Math.max(end + 1, text.length - STAMP_LENGTH);
  const body = Buffer.from(text.slice(end + 1, stampAt), 'latin1');
  return { chain: text.slice(1, blank), line: text.slice(blank + 1, end), body, stamp: text.slice(stampAt) };
}

/** Where each needed header stands in a line. */
export function headerPlaces(needs: AllNeeds): ReadonlyMap<string, number> {
  return new Map(needs.headers.map((name, index) => [name, index]));
}

function isLine(value: unknown): value is Line {
  if (!Array.isArray(value) || value.length < MEMBERS_MIN || value.length > MEMBERS_MAX) return false;
  const [system, , , scheme, host] = value as unknown[];
  if (typeof system !== 'string' || typeof scheme !== 'string' || typeof host !== 'string') return false;
  const [, , , , , , , , , , , , method, , , clientIp, url, headers] = value as unknown[];
  if (typeof method !== 'string' || typeof clientIp !== 'string' || typeof url !== 'string') return false;
  return headers === undefined || Array.isArray(headers);
}

export class LaneFacts implements Facts {
  readonly system: string;
  readonly rawPath: string;
  readonly rawQuery: string;

  private constructor(
    private readonly line: Line,
    private readonly stamp: string,
    private readonly places: ReadonlyMap<string, number>,
    private readonly bytes: Buffer | null,
    system: string | null,
  ) {
    this.system = system ?? line[0];
    const url = line[16];
    const mark = url.indexOf('?');
    this.rawPath = mark < 0 ? url : url.slice(0, mark);
    this.rawQuery = mark < 0 ? '' : url.slice(mark + 1);
  }

  /**
   * @param json the line
   * @param stamp what stands beside it
   * @param places where each header stands
   * @param body the body's bytes; null when none came
   * @param system whose chain it is; null = as the line says
   * @throws FactsError when the line is not one
   */
  static read(json: string, stamp: string, places: ReadonlyMap<string, number>, body: Buffer | null, system: string | null): LaneFacts {
    let line: unknown;
    try {
      line = JSON.parse(json);
    } catch {
      throw new FactsError('no JSON');
    }
    if (!isLine(line) || !STAMP.test(stamp)) throw new FactsError('no facts');
    return new LaneFacts(line, stamp, places, line[7] ? body : null, system);
  }

  get requestId(): string {
    return this.stamp.slice(ID_AT);
  }
  get traceId(): string | null {
    return traceIdOf(this.traceparent ?? undefined);
  }
  get startedAt(): number {
    return Number(this.stamp.slice(0, TRACE_AT));
  }
  get route(): string | null {
    return this.line[1];
  }
  get service(): string | null {
    return this.line[2];
  }
  get method(): string {
    return this.line[12];
  }
  get scheme(): 'http' | 'https' {
    return this.line[3];
  }
  get host(): string {
    return this.line[4];
  }
  get path(): string {
    return this.line[13] ?? this.rawPath;
  }
  get clientIp(): string {
    return this.line[15];
  }
  get contentLength(): number | null {
    return this.line[5];
  }
  get hasBody(): boolean {
    return this.line[6];
  }

  header(name: string): string | undefined {
    const found = this.found(name);
    return typeof found === 'string' ? found : (found?.[0] ?? undefined);
  }

  headerValues(name: string): readonly string[] {
    const found = this.found(name);
    if (found === null) return NONE;
    return typeof found === 'string' ? [found] : found;
  }

  headerSize(): HeaderSize {
    const size = this.line[9];
    if (size === null) throw new FactsError('the size of the headers was not declared as needed');
    return { lines: size[0], total: size[1], longest: size[2] };
  }

  capture(name: string): string | undefined {
    const captures = this.line[10];
    return captures !== null && Object.hasOwn(captures, name) ? captures[name] : undefined;
  }

  async body(limit: number): Promise<Uint8Array> {
    if (!this.hasBody) return new Uint8Array(0);
    this.checkLength(limit);
    if (this.bytes === null) throw new BodyTooLargeError(limit);
    return this.bytes;
  }

  async bodySize(limit: number): Promise<number> {
    if (!this.hasBody) return 0;
    return this.checkLength(limit);
  }

  clientCertificate(): ClientCertificate | null {
    const parts = this.line[11];
    if (parts === null) return null;
    const [subject, issuer, serial, pem] = parts;
    const { fingerprint256 } = new X509Certificate(pem ?? '');
    const fingerprint = fingerprint256.replaceAll(':', '').toLowerCase();
    return { subject: subject ?? '', issuer: issuer ?? '', serial: serial ?? '', fingerprint };
  }

  private get traceparent(): string | null {
    const { stamp } = this;
    return stamp[TRACE_AT] === '-' ? this.line[14] : stamp.slice(TRACE_AT, ID_AT);
  }

  private checkLength(limit: number): number {
    const length = this.line[8];
    if (length < 0) throw new BodyUnreadableError(400);
    if (length > limit) throw new BodyTooLargeError(limit);
    return length;
  }

  /** Every header that a policy reads was declared: a name that was not is a fault of ours, and no "not sent". */
  private found(name: string): string | readonly string[] | null {
    const place = this.places.get(name);
    if (place === undefined) {
      if (name === 'traceparent') return this.traceparent;
      throw new FactsError(`the header ${name} was not declared as needed`);
    }
    return this.line[17]?.[place] ?? null;
  }
}

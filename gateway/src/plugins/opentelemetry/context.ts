/** A trace as it crosses the gateway. Ids are lower-case hexadecimal. */

export type Format = 'w3c' | 'b3' | 'b3-single' | 'jaeger' | 'ot' | 'datadog' | 'aws' | 'gcp';

/** What a request brought along. */
export interface Extracted {
  readonly format: Format;
  /** 32 digits, however many were sent. */
  readonly traceId: string | null;
  /** Digits that were sent. */
  readonly sentDigits: number;
  /** 16 digits. */
  readonly spanId: string | null;
  /** Undefined: nothing was said. */
  readonly sampled: boolean | undefined;
  /** B3's debug flag. */
  readonly debug: boolean;
  readonly baggage: ReadonlyMap<string, string>;
}

/** What goes on to the service. */
export interface Injected {
  readonly traceId: string;
  readonly sentDigits: number;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly sampled: boolean;
  readonly debug: boolean;
  readonly baggage: ReadonlyMap<string, string>;
}

/** An id of exactly `digits` digits: cut from the left, or filled up with zeros. */
export function sized(id: string, digits: number): string {
  return id.slice(-digits).padStart(digits, '0').toLowerCase();
}

/** Hexadecimal digits as a decimal number. */
export function toDecimal(hex: string): string {
  return BigInt(`0x${hex}`).toString();
}

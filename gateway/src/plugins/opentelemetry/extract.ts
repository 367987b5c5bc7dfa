/** Reads the tracing headers of a request, in the formats that Kong knows (kong/observability/tracing/propagation). */
import type { HeaderList } from '../../headers.js';
import { unescapeArg } from '../lib/args.js';
import { type Extracted, type Format, sized } from './context.js';

type Found = {
  traceId?: string | undefined;
  spanId?: string | undefined;
  sampled?: boolean | undefined;
  debug?: boolean;
  baggage?: RegExp;
};
type Extractor = (headers: HeaderList) => Found | null;

const HEX_16 = /^[0-9a-fA-F]{16}$/;
const TRACE_ID = /^(?:[0-9a-fA-F]{16}|[0-9a-fA-F]{32})$/;
const ZEROS = /^0+$/;

const W3C = /^00-([0-9a-fA-F]{32})-([0-9a-fA-F]{16})-([0-9a-fA-F]{2})$/;
const B3_SINGLE = /^([0-9a-fA-F]{16}|[0-9a-fA-F]{32})-([0-9a-fA-F]{16})(?:-?([01d]))?(?:-([0-9a-fA-F]{16}))?$/;
const JAEGER = /^([0-9a-fA-F]{1,32}):([0-9a-fA-F]{1,16}):([0-9a-fA-F]+):([0-9a-fA-F]{1,2})$/;
const AWS_ROOT = /^1-([0-9a-fA-F]{8})-([0-9a-fA-F]{24})$/;
const GCP = /^([0-9a-f]{32})\/([0-9]{1,20})(?:;o=([0-9]))?$/;
const DECIMAL = /^\s*(\d{1,20})\s*$/;

const isOdd = (hex: string): boolean => Number.parseInt(hex, 16) % 2 === 1;

function truth(text: string | undefined): boolean | undefined {
  if (text === '1' || text === 'true') return true;
  return text === '0' || text === 'false' ? false : undefined;
}

const w3c: Extractor = (headers) => {
  const match = W3C.exec(headers.get('traceparent') ?? '');
  if (!match || ZEROS.test(match[1]!) || ZEROS.test(match[2]!)) return null;
  return { traceId: match[1], spanId: match[2], sampled: isOdd(match[3]!) };
};

function singleB3(text: string | undefined): Found | null {
  if (text === undefined) return null;
  if (text === '1' || text === 'd') return { sampled: true, debug: text === 'd' };
  if (text === '0') return { sampled: false };
  const match = B3_SINGLE.exec(text);
  if (!match) return null;
  return { traceId: match[1], spanId: match[2], sampled: match[3] === undefined ? undefined : match[3] !== '0', debug: match[3] === 'd' };
}

function multipleB3(headers: HeaderList): Found {
  const [traceId, spanId] = [headers.get('x-b3-traceid'), headers.get('x-b3-spanid')];
  const debug = headers.get('x-b3-flags') === '1';
  const sampled = debug ? true : truth(headers.get('x-b3-sampled'));
  const valid = TRACE_ID.test(traceId ?? '') && HEX_16.test(spanId ?? '');
  return valid ? { traceId, spanId, sampled, debug } : { sampled, debug };
}

const b3: Extractor = (headers) => {
  const single = singleB3(headers.get('b3') ?? /^b3=(.+)$/.exec(headers.get('tracestate') ?? '')?.[1]);
  const found = single?.traceId === undefined ? { ...multipleB3(headers), ...definite(single) } : single;
  return found.traceId !== undefined || found.sampled !== undefined ? found : null;
};

function definite(found: Found | null): Found {
  return found?.sampled === undefined ? {} : { sampled: found.sampled, debug: found.debug ?? false };
}

const jaeger: Extractor = (headers) => {
  const match = JAEGER.exec(headers.get('uber-trace-id') ?? '');
  if (!match || ZEROS.test(match[1]!) || ZEROS.test(match[2]!)) return null;
  return { traceId: match[1], spanId: match[2], sampled: isOdd(match[4]!), baggage: /^uberctx-(.*)$/ };
};

const ot: Extractor = (headers) => {
  const [traceId, spanId, sent] = [headers.get('ot-tracer-traceid'), headers.get('ot-tracer-spanid'), headers.get('ot-tracer-sampled')];
  if (traceId === undefined && spanId === undefined && sent === undefined) return null;
  const valid = TRACE_ID.test(traceId ?? '') && (spanId === undefined || HEX_16.test(spanId));
  return { ...(valid && { traceId, spanId }), sampled: truth(sent), baggage: /^ot-baggage-(.*)$/ };
};

const fromDecimal = (text: string | undefined): string | undefined => {
  const digits = DECIMAL.exec(text ?? '')?.[1];
  return digits === undefined ? undefined : BigInt(digits).toString(16);
};

const datadog: Extractor = (headers) => {
  const priority = headers.get('x-datadog-sampling-priority');
  if (priority !== undefined && !/^(?:-1|[012])$/.test(priority)) return null;
  const traceId = fromDecimal(headers.get('x-datadog-trace-id'));
  if (traceId === undefined && priority === undefined) return null;
  const sampled = priority === undefined ? undefined : Number(priority) > 0;
  return { traceId, spanId: traceId && fromDecimal(headers.get('x-datadog-parent-id')), sampled };
};

const aws: Extractor = (headers) => {
  const header = headers.get('x-amzn-trace-id');
  if (header === undefined) return null;
  const pairs = new Map(header.split(';', 20).map((pair) => pair.split('=', 2).map((part) => part.trim()) as [string, string | undefined]));
  const root = AWS_ROOT.exec(pairs.get('Root') ?? '');
  const [parent, sampled] = [pairs.get('Parent'), pairs.get('Sampled')];
  const wrong =
    (pairs.has('Root') && !root) || (parent !== undefined && !HEX_16.test(parent)) || (sampled !== undefined && !/^[01]$/.test(sampled));
  if (wrong) return null;
  return { traceId: root ? root[1]! + root[2]! : undefined, spanId: parent, sampled: sampled === undefined ? undefined : sampled === '1' };
};

const gcp: Extractor = (headers) => {
  const match = GCP.exec(headers.get('x-cloud-trace-context') ?? '');
  return match && { traceId: match[1], spanId: BigInt(match[2]!).toString(16), sampled: match[3] === '1' };
};

const extractors: Readonly<Record<Format, Extractor>> = { w3c, b3, 'b3-single': b3, jaeger, ot, datadog, aws, gcp };

const NOTHING: ReadonlyMap<string, string> = new Map();

function baggageOf(headers: HeaderList, pattern: RegExp | undefined): ReadonlyMap<string, string> {
  if (!pattern) return NOTHING;
  const entries = [...headers.entries()].flatMap(([name, value]): [string, string][] => {
    const key = pattern.exec(name.toLowerCase())?.[1];
    return key === undefined ? [] : [[key, unescapeArg(value)]];
  });
  return new Map(entries);
}

/** The first of the formats that the request uses; null for none. */
export function extract(headers: HeaderList, formats: readonly Format[]): Extracted | null {
  for (const format of formats) {
    const found = extractors[format](headers);
    if (!found) continue;
    const { traceId, spanId, sampled, debug = false, baggage } = found;
    return {
      format: format === 'b3' && headers.has('b3') ? 'b3-single' : format,
      traceId: traceId === undefined ? null : sized(traceId, 32),
      sentDigits: traceId?.length ?? 32,
      spanId: spanId === undefined ? null : sized(spanId, 16),
      sampled,
      debug,
      baggage: baggageOf(headers, baggage),
    };
  }
  return null;
}

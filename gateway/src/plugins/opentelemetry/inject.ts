/** Writes tracing headers, in the formats that Kong knows. */
import type { HeaderList } from '../../headers.js';
import { escapeArg } from '../lib/args.js';
import { safeName } from '../lib/header-lookup.js';
import { type Format, type Injected, sized, toDecimal } from './context.js';

type Headers = readonly (readonly [string, string])[];
type Injector = (context: Injected) => Headers;

/** The trace id as long as it came, where the format allows that. */
const traceId = ({ traceId: id, sentDigits }: Injected, ...allowed: readonly number[]): string =>
  sized(id, allowed.includes(sentDigits) ? sentDigits : allowed[0]!);

const flag = ({ sampled }: Injected): string => (sampled ? '1' : '0');
const baggage = (context: Injected, prefix: string): Headers =>
  [...context.baggage].map(([name, value]): [string, string] => [safeName(prefix + name), escapeArg(value)]);

const b3Single: Injector = (context) => {
  const state = context.debug ? 'd' : flag(context);
  const parent = context.parentId === null ? '' : `-${context.parentId}`;
  return [['b3', `${traceId(context, 32, 16)}-${context.spanId}-${state}${parent}`]];
};

const b3: Injector = (context) => [
  ['x-b3-traceid', traceId(context, 32, 16)],
  ['x-b3-spanid', context.spanId],
  ...(context.parentId === null ? [] : [['x-b3-parentspanid', context.parentId] as const]),
  context.debug ? ['x-b3-flags', '1'] : ['x-b3-sampled', flag(context)],
];

const injectors: Readonly<Record<Format, Injector>> = {
  w3c: (context) => [['traceparent', `00-${context.traceId}-${context.spanId}-0${flag(context)}`]],
  b3,
  'b3-single': b3Single,
  jaeger: (context) => [
    ['uber-trace-id', `${traceId(context, 32, 16)}:${context.spanId}:${context.parentId ?? '0'}:0${flag(context)}`],
    ...baggage(context, 'uberctx-'),
  ],
  ot: (context) => [
    ['ot-tracer-traceid', traceId(context, 16, 32)],
    ['ot-tracer-spanid', context.spanId],
    ['ot-tracer-sampled', flag(context)],
    ...baggage(context, 'ot-baggage-'),
  ],
  datadog: (context) => [
    ['x-datadog-trace-id', toDecimal(traceId(context, 16))],
    ['x-datadog-parent-id', toDecimal(context.spanId)],
    ['x-datadog-sampling-priority', flag(context)],
  ],
  aws: (context) => [
    [
      'x-amzn-trace-id',
      `Root=1-${context.traceId.slice(0, 8)}-${context.traceId.slice(8)};Parent=${context.spanId};Sampled=${flag(context)}`,
    ],
  ],
  gcp: (context) => [['x-cloud-trace-context', `${context.traceId}/${toDecimal(context.spanId)};o=${flag(context)}`]],
};

/** Sets the headers of each format on the request that goes to the service. */
export function inject(headers: HeaderList, formats: Iterable<Format>, context: Injected): void {
  for (const format of formats) for (const [name, value] of injectors[format](context)) headers.set(name, value);
}

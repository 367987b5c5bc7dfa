/** What a part says about itself: log lines, traces, metrics. */
export { createLogger, type LogFields, type Logger, type LoggerOptions, type LogLevel } from './logger.js';
export { createRegistry, exposeState, HTTP_BUCKETS, httpDuration, type NoteRequest, type StateMetric } from './metrics.js';
export { otlpTracesUrl, TelemetrySettingError } from './trace-endpoint.js';
export {
  type ActiveSpan,
  createTracing,
  type SpanAttributes,
  type SpanRole,
  type TraceHeaders,
  type Tracing,
  type TracingOptions,
} from './tracing.js';

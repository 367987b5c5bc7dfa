/** Says once when spans can't be sent, and once when they can again. */
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from './logger.js';

/** An exporter over another, with its log lines. */
export class ReportingExporter implements SpanExporter {
  private up = true;

  constructor(
    private readonly inner: SpanExporter,
    private readonly log: Pick<Logger, 'info' | 'warn'>,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.inner.export(spans, (result) => {
      const up = result.code === ExportResultCode.SUCCESS;
      if (this.up && !up)
        this.log.warn({ reason: result.error?.message ?? 'unknown', spans: spans.length }, 'tracing: spans could not be sent');
      if (!this.up && up) this.log.info({}, 'tracing: spans are sent again');
      this.up = up;
      done(result);
    });
  }

  async forceFlush(): Promise<void> {
    await this.inner.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }
}

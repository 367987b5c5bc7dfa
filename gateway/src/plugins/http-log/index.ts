/** Twin of Kong's http-log: sends log entries to an HTTP server. */
import type { HeaderList } from '../../headers.js';
import type { Exchange, Outcome, PluginEnvironment, PluginInstance, PluginTwin, ResponseHead } from '../../plugin.js';
import { BatchQueue, type QueueSettings, sleep } from '../lib/batch-queue.js';
import { applyCustomFields, type CustomField, customFields } from '../lib/custom-fields.js';
import { Poster } from '../lib/http-post.js';
import { logEntry } from '../lib/log-entry.js';
import { wantLogValues } from '../lib/log-values.js';

/** Kong's schema (kong/plugins/http-log/schema.lua), defaults filled in. */
interface HttpLogConfig {
  http_endpoint: string;
  method: string;
  content_type: string;
  /** Milliseconds. */
  timeout: number;
  keepalive: number;
  headers: Record<string, string> | null;
  queue: QueueSettings;
  /** The older names of queue.max_batch_size and queue.max_coalescing_delay. */
  queue_size: number | null;
  flush_timeout: number | null;
  custom_fields_by_lua: Record<string, string> | null;
}

const OLD_QUEUE_SIZE = 1;
const OLD_FLUSH_TIMEOUT = 2;

function settingsOf({ queue, queue_size, flush_timeout }: HttpLogConfig): QueueSettings {
  return {
    ...queue,
    ...(typeof queue_size === 'number' && queue_size !== OLD_QUEUE_SIZE && { max_batch_size: queue_size }),
    ...(typeof flush_timeout === 'number' && flush_timeout !== OLD_FLUSH_TIMEOUT && { max_coalescing_delay: flush_timeout }),
  };
}

function headersOf(config: HttpLogConfig, url: URL): Record<string, string> {
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = url.username === '' ? {} : { Authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  return { ...config.headers, ...authorization, 'Content-Type': config.content_type };
}

function posterOf(config: HttpLogConfig): Poster {
  const url = new URL(config.http_endpoint);
  const headers = headersOf(config, url);
  url.username = '';
  url.password = '';
  // Kong does not check the server's certificate here.
  return new Poster(url, { method: config.method, headers, timeoutMs: config.timeout, verifyTls: false });
}

class HttpLog implements PluginInstance {
  private readonly fields: readonly CustomField[];
  private readonly poster: Poster;
  private readonly queue: BatchQueue;
  private readonly release: () => void;

  constructor(config: HttpLogConfig, environment: PluginEnvironment) {
    this.fields = customFields(config.custom_fields_by_lua);
    this.poster = posterOf(config);
    const settings = settingsOf(config);
    const single = settings.max_batch_size === 1;
    const deliver = (batch: readonly string[]): Promise<void> => this.poster.send(single ? batch[0]! : `[${batch.join(',')}]`);
    const log = (level: 'warn' | 'error', message: string): void => environment.log(level, message);
    this.queue = new BatchQueue(settings, deliver, { now: () => environment.now(), sleep, log });
    this.release = wantLogValues();
  }

  headerFilter(exchange: Exchange, head: ResponseHead): void {
    exchange.local.set(this, head.headers);
  }

  log(exchange: Exchange, outcome: Outcome): void {
    const entry = logEntry(exchange, outcome, (exchange.local.get(this) as HeaderList | undefined) ?? null);
    applyCustomFields(entry, this.fields);
    this.queue.add(JSON.stringify(entry));
  }

  close(): void {
    this.release();
    void this.queue.close().finally(() => this.poster.close());
  }
}

export const httpLog: PluginTwin = {
  name: 'http-log',
  priority: 12,
  version: '3.9.3',
  create: (config, environment) => new HttpLog(config as unknown as HttpLogConfig, environment),
};

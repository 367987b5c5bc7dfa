/** Twin of Kong's file-log: a JSON line per request. */
import type { HeaderList } from '../../headers.js';
import type { Exchange, Outcome, PluginEnvironment, PluginInstance, PluginTwin, ResponseHead } from '../../plugin.js';
import { applyCustomFields, type CustomField, customFields } from '../lib/custom-fields.js';
import { logEntry } from '../lib/log-entry.js';
import { wantLogValues } from '../lib/log-values.js';
import { Appender } from './appender.js';

/** Kong's schema (kong/plugins/file-log/schema.lua), defaults filled in. */
interface FileLogConfig {
  path: string;
  reopen: boolean;
  custom_fields_by_lua: Record<string, string> | null;
}

class FileLog implements PluginInstance {
  private readonly fields: readonly CustomField[];
  private readonly appender: Appender;
  private readonly release: () => void;

  constructor(config: FileLogConfig, environment: PluginEnvironment) {
    this.fields = customFields(config.custom_fields_by_lua);
    this.appender = new Appender(config.path, config.reopen, (message) => environment.log('error', message));
    this.release = wantLogValues();
  }

  headerFilter(exchange: Exchange, head: ResponseHead): void {
    exchange.local.set(this, head.headers);
  }

  log(exchange: Exchange, outcome: Outcome): void {
    const entry = logEntry(exchange, outcome, (exchange.local.get(this) as HeaderList | undefined) ?? null);
    applyCustomFields(entry, this.fields);
    this.appender.add(JSON.stringify(entry));
  }

  close(): void {
    this.release();
    this.appender.close();
  }
}

export const fileLog: PluginTwin = {
  name: 'file-log',
  priority: 9,
  version: '3.9.3',
  create: (config, environment) => new FileLog(config as unknown as FileLogConfig, environment),
};

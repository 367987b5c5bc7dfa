/** JSON lines that never hold a secret. */
import { pino } from 'pino';
import { redactFields, redactMessage } from './fields.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** A logger. What it is given is redacted by the names of fields and by what values look like; errors are taken apart. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** The same with fields for all its lines, such as traceId and requestId. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** What the lines say they are from. */
  readonly service: string;
  /** Lines below it are not written; default info. */
  readonly level?: LogLevel | 'silent';
  /** Takes lines, each with its line break; default standard output. */
  readonly output?: { write(line: string): void };
  /** Unix milliseconds. */
  readonly now?: () => number;
}

/** A logger of lines `{ timestamp, level, service, …fields, message }`. */
export function createLogger(options: LoggerOptions): Logger {
  const { service, level = 'info', output, now = Date.now } = options;
  const settings = {
    level,
    base: { service },
    messageKey: 'message',
    timestamp: () => `,"timestamp":"${new Date(now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return new RedactingLogger(output ? pino(settings, output) : pino(settings));
}

class RedactingLogger implements Logger {
  constructor(private readonly lines: pino.Logger) {}

  debug(fields: LogFields, message: string): void {
    this.write('debug', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.write('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.write('warn', fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.write('error', fields, message);
  }

  child(fields: LogFields): Logger {
    return new RedactingLogger(this.lines.child(redactFields(fields)));
  }

  private write(level: LogLevel, fields: LogFields, message: string): void {
    // Looking for secrets costs more than asking whether anybody will read the line.
    if (this.lines.isLevelEnabled(level)) this.lines[level](redactFields(fields), redactMessage(message));
  }
}

/** JSON log lines on stderr. */
import { pino } from 'pino';
import type { Log } from './phases/plane.js';

/**
 * @param level the least severe level that is written
 * @param more stands in every line
 */
export function createLog(level: 'debug' | 'info' | 'warn' | 'error' | 'silent', more: Record<string, unknown> = {}): Log {
  const logger = pino(
    {
      level,
      base: { service: 'gateway', ...more },
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  );
  return (severity, message, fields) => logger[severity](fields ?? {}, message);
}

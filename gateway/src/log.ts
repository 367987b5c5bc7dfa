/** JSON log lines on stderr. */
import { pino } from 'pino';
import type { Log } from './phases/plane.js';

/** @param level the least severe level that is written */
export function createLog(level: 'debug' | 'info' | 'warn' | 'error' | 'silent'): Log {
  const logger = pino(
    {
      level,
      base: { service: 'gateway' },
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  );
  return (severity, message, fields) => logger[severity](fields ?? {}, message);
}

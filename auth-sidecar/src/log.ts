/** JSON log lines. Parts hand in what may be shown: no token, code, cookie or secret is ever a field. */
import type { Log, LogLevel } from '@gatehouse/policy';

const WEIGHT: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * @param level the least severe that is written
 * @param write takes a line with its line break
 * @param now Unix milliseconds
 */
export function createLog(level: LogLevel, write: (line: string) => void, now: () => number = Date.now): Log {
  return (severity, message, fields) => {
    if (WEIGHT[severity] < WEIGHT[level]) return;
    const timestamp = new Date(now()).toISOString();
    write(`${JSON.stringify({ timestamp, level: severity, service: 'auth-sidecar', message, ...fields })}\n`);
  };
}

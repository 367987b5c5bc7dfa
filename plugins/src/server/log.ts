/** JSON log lines on stderr: Kong reads stdout when it asks for a plugin's schema. */
import fs from 'node:fs';
import type { Log, LogLevel } from '@gatehouse/policy';

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const STDERR = 2;

function write(line: string): void {
  try {
    fs.writeSync(STDERR, line);
  } catch {
    // A reader that is full or gone must not end the server: the line is lost, the decisions are not.
  }
}

/** @param level the least severe that is written; anything unknown means `info` */
export function jsonLog(level: string | undefined): Log {
  const least = ranks[(level ?? 'info') as LogLevel] ?? ranks.info;
  return (severity, message, fields) => {
    if (ranks[severity] < least) return;
    const timestamp = new Date().toISOString();
    write(`${JSON.stringify({ level: severity, service: 'plugin-server', timestamp, message, ...fields })}\n`);
  };
}

import type { Paint } from '../paint.js';
import { type OutboxEvent, tellsOf } from './events.js';
import type { Result } from './run.js';
import type { Walk } from './step.js';

/** The line above a system's steps. */
export const heading = (paint: Paint, walk: Walk, host: string): string => `\n${paint('bold', walk.title)}  ${paint('dim', host)}`;

/** One step: tick or cross, request, status, time, what it shows, and who got it. */
export function line(paint: Paint, result: Result): string {
  const { step, status, ms, reached, fault } = result;
  const mark = fault === undefined ? paint('green', '✓') : paint('red', '✗');
  const request = step.message === undefined ? result.request : result.request.replace('GET', 'WS');
  const where = reached === undefined ? '' : paint('dim', `  → ${reached}`);
  const base = `  ${mark} ${request.padEnd(46)} ${String(status || '–').padStart(3)} ${`${Math.round(ms)} ms`.padStart(8)}  ${step.shows}${where}`;
  return fault === undefined ? base : `${base}\n      ${paint('red', fault)}`;
}

/** Events, one line each. */
export function eventLines(paint: Paint, events: readonly OutboxEvent[], where: string): string[] {
  if (events.length === 0) return [];
  const lines = events.map((event) => `  ${paint('yellow', '●')} ${event.timestamp.slice(11, 23)} ${tellsOf(event)}`);
  return [`\n${paint('bold', 'Events for auth-events that the walks caused')}  ${paint('dim', where)}`, ...lines];
}

/** The last line. */
export function summary(paint: Paint, passed: number, failed: number): string {
  return paint(failed === 0 ? 'green' : 'red', `${passed} steps passed, ${failed} failed`);
}

import type { Paint } from '../paint.js';
import { type OutboxEvent, tellsOf } from './events.js';
import type { Result } from './run.js';
import type { Feature, Walk } from './step.js';

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

/** The steps that were left out, by what they need; nothing when there are none. */
export function leftOutLines(paint: Paint, needs: readonly Feature[]): string[] {
  if (needs.length === 0) return [];
  const counts = [...new Set(needs)].map((feature) => `${needs.filter((one) => one === feature).length} ${reasons[feature]}`);
  return [paint('yellow', `Steps left out: ${counts.join(', ')}`)];
}

const reasons: Readonly<Record<Feature, string>> = {
  identity: 'for want of the identity provider of this checkout',
  sidecar: 'for want of an auth sidecar on this machine',
  outbox: 'since Kafka has the events',
  redis: 'for want of a Redis that gateway and sidecar share (install redis-server, or set REDIS_URL)',
};

/** The last line. */
export function summary(paint: Paint, passed: number, failed: number): string {
  return paint(failed === 0 ? 'green' : 'red', `${passed} steps passed, ${failed} failed`);
}

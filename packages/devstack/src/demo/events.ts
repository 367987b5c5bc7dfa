import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** An event as its readers get it. */
export interface OutboxEvent {
  readonly eventType: string;
  readonly userId: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The events that wait in the sidecar's outbox (packages/messaging, file store), oldest first; none when there is no outbox yet.
 * @param folder of the outbox
 */
export function readOutbox(folder: string): readonly OutboxEvent[] {
  return segments(folder).flatMap((file) => readFileSync(file, 'utf8').split('\n').flatMap(eventOf));
}

function segments(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => /^\d{16}\.log$/.test(name));
    return names.sort().map((name) => path.join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** `checksum number event`; a line that is being written is none yet. */
function eventOf(line: string): OutboxEvent[] {
  const start = line.indexOf('{');
  if (start < 0) return [];
  try {
    return [(JSON.parse(line.slice(start)) as { value: OutboxEvent }).value];
  } catch {
    return [];
  }
}

/** An event in a few words. */
export function tellsOf({ eventType, userId, data }: OutboxEvent): string {
  const why = data['authMethod'] ?? data['logoutReason'] ?? '';
  const session = data['sessionId'] === undefined ? '' : `session ${String(data['sessionId']).slice(0, 12)}…`;
  return [eventType.padEnd(18), String(why).padEnd(12), String(data['email'] ?? userId).padEnd(30), session].join(' ').trimEnd();
}

/** Clients that ask again and again, and count what went wrong. */
import { RawClient } from './raw-client.js';

/** What one client sends next; pieces leave one by one. */
export type Ask = (n: number) => readonly (string | Buffer)[];

export interface Tally {
  done: number;
  refused: number;
  /** What was sent and not answered in full, and how far it came. */
  readonly failed: string[];
}

export const requests = {
  get: (): string[] => ['GET /get HTTP/1.1\r\nHost: a\r\n\r\n'],
  /** On a connection of its own. */
  once: (): string[] => ['GET /get HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
  upload: (): string[] => [
    'POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n',
    ...Array.from({ length: 8 }, () => 'x'.repeat(50_000)),
  ],
  chunked: (): string[] => [
    'POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
    ...Array.from({ length: 8 }, () => `c350\r\n${'y'.repeat(50_000)}\r\n`),
    '0\r\n\r\n',
  ],
  download: (): string[] => ['GET /down HTTP/1.1\r\nHost: a\r\n\r\n'],
} satisfies Record<string, Ask>;

/** Asks on one connection until it ends as announced; false when it ended otherwise. */
async function converse(client: RawClient, ask: Ask, tally: Tally, on: () => boolean): Promise<boolean> {
  for (let n = 1; on(); n++) {
    const pieces = ask(n);
    await client.send(...pieces);
    const [answer] = await client.answered();
    if (answer?.status !== 200) {
      // The system had made the connection, the gateway had closed its listener: as if it had been refused.
      if (n === 1 && client.reset && client.text === '') tally.refused++;
      else tally.failed.push(`${String(pieces[0]).slice(0, 10)} ${n}: ${JSON.stringify(client.text.slice(0, 100))}`);
      return false;
    }
    tally.done++;
    client.text = '';
    if (answer.headers.get('connection') === 'close') return true;
  }
  return true;
}

/** Runs until nothing listens any more, or `on` says no. */
export async function askRepeatedly(port: number, ask: Ask, tally: Tally, on: () => boolean = () => true): Promise<void> {
  while (on()) {
    let client: RawClient;
    try {
      client = await RawClient.connect(port);
    } catch {
      return;
    }
    await converse(client, ask, tally, on);
    client.destroy();
  }
}

/** Runs one recorded case against a target and says how it differs from the recording. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConfigError, ConformanceCase, RequestItem } from './case-file.js';
import { type Answered, Client, requestBytes } from './client.js';
import { differences, tallyDifferences } from './compare.js';
import { expandMacros } from './macros.js';
import { observe, type Run, tallyOf } from './observation.js';
import type { Target, Verdict } from './target.js';
import type { Received, Upstreams } from './upstreams.js';

/** Counters of a window must not be cut off by its end. */
const WINDOW_MARGIN_S = 8;
/** An upstream may still be reading what the client has its answer to. */
const UPSTREAM_READING_MS = 20;

interface Round {
  answered: Answered;
  received: Received[];
}

async function awaitWindow(seconds: number): Promise<void> {
  const left = seconds - ((Date.now() / 1000) % seconds);
  if (left < WINDOW_MARGIN_S) await sleep(left * 1000 + 200);
}

/** The last part of a field's path that has a name, which any gateway's message should hold. */
function namedPart(field: string): string | undefined {
  return field
    .split('.')
    .filter((part) => !/^\d+$|^@entity$|^[0-9a-f-]{36}$/.test(part))
    .pop();
}

function refusalDifferences(expected: readonly ConfigError[], verdict: Exclude<Verdict, { accepted: true }>): string[] {
  if (verdict.errors) return differences(expected, verdict.errors, 'errors');
  return expected
    .filter(({ field }) => !verdict.output.includes(namedPart(field) ?? ''))
    .map(({ field }) => `config: the message does not name ${field}: ${verdict.output}`);
}

function verdictDifferences(test: ConformanceCase, verdict: Verdict): string[] {
  const expected = test.expect ?? { accepted: true };
  const word = (accepted: boolean): string => (accepted ? 'accepted' : 'refused');
  if (verdict.accepted !== expected.accepted) {
    const reason = verdict.accepted ? '' : `: ${verdict.output}`;
    return [`config: expected to be ${word(expected.accepted)}, but it was ${word(verdict.accepted)}${reason}`];
  }
  return verdict.accepted ? [] : refusalDifferences(expected.errors ?? [], verdict);
}

export class CaseRunner {
  constructor(
    private readonly target: Target,
    private readonly upstreams: Upstreams,
    private readonly nonce: string,
  ) {}

  /** @returns what differs from the recording, as sentences */
  async run(test: ConformanceCase): Promise<string[]> {
    if (test.window) await awaitWindow(test.window);
    const config = [test.config].flat().join('\n').replaceAll('{{nonce}}', this.nonce).replaceAll('{{port}}', String(this.target.port));
    const verdict = await this.target.apply(config, this.nonce);
    const found = verdictDifferences(test, verdict);
    if (!verdict.accepted || found.length > 0) return found;
    const client = new Client(this.target.port, () => this.upstreams.lastWriteAt);
    try {
      for (const [i, item] of (test.requests ?? []).entries()) found.push(...(await this.request(client, item, i)));
    } finally {
      client.close();
      this.upstreams.disconnect();
    }
    return found;
  }

  private async request(client: Client, item: RequestItem, number: number): Promise<string[]> {
    if (item.pause) await sleep(item.pause);
    this.upstreams.answer = item.answer ?? {};
    this.upstreams.received = [];
    const rounds = item.parallel ? await this.overlapping(client, item, item.parallel) : await this.oneByOne(client, item);
    const found = this.compare(item, rounds);
    const label = `request ${number}${item.note === undefined ? '' : ` (${item.note})`}`;
    return found.map((difference) => `${label}: ${difference}`);
  }

  private compare(item: RequestItem, rounds: readonly Round[]): string[] {
    const last = rounds.at(-1)!;
    const run: Run = { nonce: this.nonce, port: this.target.port };
    if (!item.tally) return differences(item.expect, observe(last.answered, last.received, item, run));
    const totals = tallyOf(
      rounds.map(({ answered }) => answered),
      rounds.flatMap(({ received }) => received),
    );
    return tallyDifferences(item.tally, item.expect, totals);
  }

  private async oneByOne(client: Client, item: RequestItem): Promise<Round[]> {
    const rounds: Round[] = [];
    for (let i = 0; i < (item.repeat ?? 1); i++) {
      const answered = await this.exchange(client, item, i);
      rounds.push({ answered, received: this.upstreams.received });
      this.upstreams.received = [];
    }
    return rounds;
  }

  /** All at once: which request reached which upstream can't be told, so the first round carries all. */
  private async overlapping(client: Client, item: RequestItem, gap: number): Promise<Round[]> {
    const starts = Array.from({ length: item.repeat ?? 1 }, (_, i) => sleep(i * gap).then(() => this.exchange(client, item, i)));
    const answers = await Promise.all(starts);
    return answers.map((answered, i) => ({ answered, received: i === 0 ? this.upstreams.received : [] }));
  }

  private async exchange(client: Client, item: RequestItem, repetition: number): Promise<Answered> {
    const values = { nonce: this.nonce, port: this.target.port, repetition };
    const expand = (text: string): string => expandMacros(text, values);
    this.upstreams.expand = expand;
    const answered = await client.exchange(item, requestBytes(item.send, expand));
    if (this.upstreams.received.length === 0) await sleep(UPSTREAM_READING_MS);
    return answered;
  }
}

/** A process that publishes is killed again and again (SIGKILL): what it was promised arrives, per user in order. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const script = path.join(import.meta.dirname, 'publisher.mjs');
const ROUNDS = process.env['GATEHOUSE_SOAK'] ? 300 : 20;
const PER_ROUND = 100_000;

let directory: string;
let child: ChildProcess | null = null;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'outbox-crash-'));
});

afterEach(() => {
  child?.kill('SIGKILL');
  fs.rmSync(directory, { recursive: true, force: true });
});

const run = (first: number, count: number): ChildProcess => {
  const args = [script, path.join(directory, 'outbox'), path.join(directory, 'arrived'), String(first), String(count)];
  child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return child;
};

/** Lets it publish until it was promised `promises` times, then kills it. @returns the last number that it was promised */
function publishAndDie(first: number, promises: number): Promise<number> {
  const publisher = run(first, PER_ROUND);
  let output = '';
  const kept = (): number[] => [...output.matchAll(/^kept (\d+)\n/gm)].map(([, n]) => Number(n));
  publisher.stdout!.on('data', (data) => {
    output += String(data);
    if (kept().length >= promises) publisher.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    publisher.once('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(kept().at(-1)!);
      else reject(new Error(`it ended by itself after ${output.slice(-200)}`));
    });
  });
}

/** A line of the file that stands for a broker. A kill may have torn one, which then did not arrive. */
function wholeMessage(line: string): { key: string; value: string } | null {
  try {
    return JSON.parse(line) as { key: string; value: string };
  } catch {
    return null;
  }
}

/** Numbers that arrived, per user, each once, in the order of first arrival. */
function arrivedPerUser(): Map<string, number[]> {
  const perUser = new Map<string, Set<number>>();
  for (const line of fs.readFileSync(path.join(directory, 'arrived'), 'utf8').split('\n')) {
    const message = wholeMessage(line);
    if (!message) continue;
    const { key, value } = message;
    perUser.set(key, (perUser.get(key) ?? new Set()).add((JSON.parse(value) as { n: number }).n));
  }
  return new Map([...perUser].map(([user, numbers]) => [user, [...numbers]]));
}

test(
  `killed ${ROUNDS} times while it publishes`,
  async () => {
    const promised: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const first = round * PER_ROUND;
      const last = await publishAndDie(first, 1 + ((round * 7) % 40));
      for (let n = first; n <= last; n++) promised.push(n);
    }
    const drain = run(0, 0);
    expect(await new Promise((resolve) => drain.once('close', resolve))).toBe(0);
    const arrived = arrivedPerUser();
    for (const [user, numbers] of arrived) {
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(promised.filter((n) => `user-${n % 7}` === user && !numbers.includes(n))).toEqual([]);
    }
    expect(arrived.size).toBe(7);
    expect(promised.length).toBeGreaterThan(ROUNDS * 50);
  },
  ROUNDS * 6_000,
);

import type { Paint } from '../paint.js';
import { freelance } from './freelance.js';
import { gongbu } from './gongbu.js';
import { healthpay } from './healthpay.js';
import { interview } from './interview.js';
import { learning } from './learning.js';
import { eventLines, heading, leftOutLines, line, summary } from './report.js';
import { type DemoWorld, walk } from './run.js';
import type { Walk } from './step.js';

/** All walks, in the order of the pages. */
export const walks: readonly Walk[] = [gongbu, interview, learning, healthpay, freelance];

/**
 * Walks through every system and prints each step.
 * @returns how many steps failed.
 */
export async function runDemo(world: DemoWorld, paint: Paint, print: (line: string) => void, paths = walks): Promise<number> {
  const eventsBefore = world.events().length;
  let passed = 0;
  let failed = 0;
  for (const path of paths) {
    print(heading(paint, path, `${world.gateway}  Host: ${world.hostOf(path.system)}`));
    for await (const result of walk(path, world)) {
      if (result.fault === undefined) passed += 1;
      else failed += 1;
      print(line(paint, result));
    }
  }
  for (const text of eventLines(paint, world.events().slice(eventsBefore), 'they wait in the outbox for Kafka')) print(text);
  const leftOut = paths.flatMap(({ steps }) => steps.flatMap(({ needs }) => (needs === undefined || world.has(needs) ? [] : [needs])));
  for (const text of leftOutLines(paint, leftOut)) print(text);
  print(`\n${summary(paint, passed, failed)}`);
  return failed;
}

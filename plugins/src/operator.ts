/** `gatehouse limits …` and `gatehouse breaker …`: what an operator does to the counters and breakers that nodes share in Redis. */
import { parseArgs } from 'node:util';
import type { BreakerRecord } from '@gatehouse/policy';
import { closeBreaker, openBreaker, showBreakers } from './circuit-breaker/index.js';
import { resetSubject } from './redis-rate-limit/index.js';
import { createRuntime } from './runtime/index.js';
import { redisSettings } from './runtime/redis/index.js';
import type { Stores } from './stores/index.js';

/** How the commands are used. */
export const USAGE = `usage: gatehouse limits reset SYSTEM SUBJECT
       gatehouse breaker show SYSTEM
       gatehouse breaker open SYSTEM SERVICE [--for SECONDS]
       gatehouse breaker close SYSTEM SERVICE [--for SECONDS]

SUBJECT is what windows count by: a user's id, an address, a phone number. A breaker that is opened stays so until it is closed, or
for the time given; one that is closed opens again by its own rules, or is held closed for the time given.`;

/** There is nothing to carry a command out on. */
export class OperatorError extends Error {
  readonly code: string = 'OPERATOR';
}

/** The command line can't be used. */
export class OperatorUsageError extends OperatorError {
  override readonly code = 'OPERATOR_USAGE';
}

type Environment = Readonly<Record<string, string | undefined>>;

const SECONDS_MAX = 365 * 24 * 3600;

function until({ remainingMs }: BreakerRecord): string {
  return remainingMs === null ? 'until it is closed' : `for ${Math.ceil(remainingMs / 1000)} s`;
}

function describe(record: BreakerRecord): string {
  const { service, state, forced, remainingMs } = record;
  if (forced) return `${service}  ${state}, by an operator, ${until(record)}`;
  return state === 'open' && remainingMs !== 0 ? `${service}  open ${until(record)}` : `${service}  ${state}`;
}

async function limits([verb, , subject]: readonly string[], stores: Stores): Promise<string[]> {
  if (verb !== 'reset' || subject === undefined) throw new OperatorUsageError(USAGE);
  const count = await resetSubject(stores.limits, subject);
  return [count === 1 ? '1 counter was reset' : `${count} counters were reset`];
}

async function breaker([verb, , service]: readonly string[], forMs: number | null, stores: Stores): Promise<string[]> {
  if (verb === 'show') {
    const records = await showBreakers(stores.breakers);
    return records.length === 0 ? ['no request has come to a breaker yet'] : records.map(describe);
  }
  if (service === undefined) throw new OperatorUsageError(USAGE);
  if (verb === 'open') await openBreaker(stores.breakers, service, forMs);
  else if (verb === 'close') await closeBreaker(stores.breakers, service, forMs);
  else throw new OperatorUsageError(USAGE);
  const record = (await showBreakers(stores.breakers)).find((one) => one.service === service);
  return record ? [describe(record)] : [];
}

function parse(args: string[]): { words: string[]; forMs: number | null } {
  let parsed: { values: { for?: string | undefined }; positionals: string[] };
  try {
    parsed = parseArgs({ args, options: { for: { type: 'string' } }, allowPositionals: true });
  } catch (error) {
    throw new OperatorUsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
  const { for: seconds } = parsed.values;
  if (seconds === undefined) return { words: parsed.positionals, forMs: null };
  if (!/^\d{1,9}$/.test(seconds) || Number(seconds) < 1 || Number(seconds) > SECONDS_MAX)
    throw new OperatorUsageError('--for takes seconds, up to a year');
  return { words: parsed.positionals, forMs: Number(seconds) * 1000 };
}

/**
 * Carries out a command on a system's Redis.
 * @param command `limits` or `breaker`
 * @returns lines for the operator
 * @throws OperatorUsageError, OperatorError where no Redis is named, UnknownBreakerError, and Redis's errors
 */
export async function operate(command: string, args: string[], environment: Environment): Promise<string[]> {
  const { words, forMs } = parse(args);
  const [, system] = words;
  if (system === undefined) throw new OperatorUsageError(USAGE);
  const runtime = createRuntime({ log: () => undefined, environment });
  try {
    if (!redisSettings(environment, runtime.effects.secrets, system)) {
      throw new OperatorError(`no Redis is named for "${system}": what its gateway counts is in that process alone`);
    }
    const stores = runtime.effects.stores(system);
    await stores.settled();
    return command === 'limits' ? await limits(words, stores) : await breaker(words, forMs, stores);
  } finally {
    runtime.close();
  }
}

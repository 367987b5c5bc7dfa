import { BenchError } from './errors.js';

/**
 * Replaces `__NAME__` by its value. Names are of capitals, digits and single underscores; every configuration language reads such a
 * placeholder as a word. Throws BenchError for a name without a value.
 */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/__([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)__/g, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined) throw new BenchError(`no value for __${name}__`);
    return value;
  });
}

/** `rate-limiter` → `RATE_LIMITER_PORT`. */
export function portName(program: string): string {
  return `${program.toUpperCase().replaceAll('-', '_')}_PORT`;
}

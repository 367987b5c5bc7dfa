/** One process serves the gateway: nothing has to be shared. */
import type { Sharing } from '../config/build-plane.js';
import type { Counters, Siblings } from '../plugin.js';
import { LocalCounters } from '../plugins/lib/counters.js';

const NOBODY: Siblings = { tell: () => undefined, listen: () => undefined };

/** Counters in this process, and no siblings. */
export function alone(): Sharing {
  const made = new Map<string, Counters>();
  return {
    counters: (plugin) => {
      const known = made.get(plugin) ?? new LocalCounters();
      made.set(plugin, known);
      return known;
    },
    siblings: () => NOBODY,
  };
}

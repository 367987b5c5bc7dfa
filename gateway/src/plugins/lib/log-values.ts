/** What plugins add to the log entry of a request (kong.log.set_serialize_value), kept only while some plugin writes entries. */
import type { Exchange } from '../../plugin.js';

const KEY = {};
let writers = 0;

/** Says that entries are written. Returns what takes it back. */
export function wantLogValues(): () => void {
  writers++;
  return () => {
    writers--;
  };
}

/** Sets a member of the entry's top level. */
export function setLogValue(exchange: Exchange, name: string, value: unknown): void {
  if (writers === 0) return;
  const values = exchange.local.get(KEY) as Map<string, unknown> | undefined;
  if (values) values.set(name, value);
  else exchange.local.set(KEY, new Map([[name, value]]));
}

/** All that was set. */
export function logValues(exchange: Exchange): ReadonlyMap<string, unknown> {
  return (exchange.local.get(KEY) as Map<string, unknown> | undefined) ?? new Map();
}

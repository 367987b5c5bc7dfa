/** What a service says about its own parts, made fit to be shown to anybody. */

const DEPTH_MAX = 3;
const MEMBERS_MAX = 30;
/** Plain words: `up`, `healthy`, `postgres`. Host names, addresses and messages of errors stay inside. */
const WORD = /^[A-Za-z][A-Za-z _-]{0,31}$/;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** What the gateway says itself, or nobody needs. */
const LEFT_OUT = new Set(['status', 'version', 'uptime', 'timestamp', 'service', 'name', 'hostname', 'host', 'url', 'address']);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function pruned(value: unknown, depth: number): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string') return WORD.test(value) ? value : undefined;
  return isRecord(value) && depth < DEPTH_MAX ? members(value, depth) : undefined;
}

function members(record: Record<string, unknown>, depth: number): Record<string, unknown> | undefined {
  const kept = Object.entries(record)
    .slice(0, MEMBERS_MAX)
    .filter(([name]) => NAME.test(name) && (depth > 0 ? !['url', 'host', 'hostname', 'address'].includes(name) : !LEFT_OUT.has(name)))
    .map(([name, value]) => [name, pruned(value, depth + 1)] as const)
    .filter(([, value]) => value !== undefined);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/** The parts of a service's health document: its `checks`, or what else it says; null for nothing that can be shown. */
export function reportedChecks(text: string): Record<string, unknown> | null {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(document)) return null;
  const parts = Object.hasOwn(document, 'checks') ? document['checks'] : document;
  return isRecord(parts) ? (members(parts, 0) ?? null) : null;
}

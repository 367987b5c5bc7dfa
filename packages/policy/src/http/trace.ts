/** W3C Trace Context, as far as policies need it. */

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-|$)/;
const NO_TRACE = '0'.repeat(32);
const NO_PARENT = '0'.repeat(16);

/** The trace's id in a `traceparent` header; null for none, for one that is broken, and for version ff (section 3.2). */
export function traceIdOf(traceparent: string | undefined): string | null {
  if (traceparent === undefined || traceparent.length > 128 || traceparent.startsWith('ff')) return null;
  const match = TRACEPARENT.exec(traceparent);
  return match && match[1] !== NO_TRACE && match[2] !== NO_PARENT ? match[1]! : null;
}

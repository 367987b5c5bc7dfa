/** The bench could not do something that it needs; the message says what and why. */
export class BenchError extends Error {
  readonly code = 'BENCH';
  override readonly name = 'BenchError';
}

import { STATUS_CODES } from 'node:http';

/** A refusal of a mock service; each system prints it in its own form. `code` is the stable name of the cause. */
export class Failure extends Error {
  /**
   * @param status HTTP status, 400 to 599.
   * @param message what the client reads.
   * @param code upper-case name; by default from the status (`NOT_FOUND`).
   * @param details one line per bad field, where there are any.
   */
  constructor(
    readonly status: number,
    message: string,
    readonly code: string = codeOf(status),
    readonly details: readonly string[] = [],
  ) {
    super(message);
    this.name = 'Failure';
  }
}

/** `404` → `NOT_FOUND`. */
export function codeOf(status: number): string {
  return reasonOf(status)
    .toUpperCase()
    .replaceAll(/[^A-Z]+/g, '_');
}

/** `404` → `Not Found`; `Error` where the status has no phrase. */
export function reasonOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}

/** The failure for a thing that is not there: 404, `Course not found`. */
export function notFound(noun: string): Failure {
  return new Failure(404, `${noun} not found`);
}

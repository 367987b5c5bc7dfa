import type { Fault } from '../types.js';

/** One line for one fault: `kong.yml: services[0].port: expected an integer (write 80 without quotes)`. */
export function formatFault(fault: Fault): string {
  const where = [fault.file, fault.path].filter((part) => part !== '').join(': ');
  const hint = fault.hint === undefined ? '' : ` (${fault.hint})`;
  // A value of the file may be quoted in the message: no line break or control character of it may pass.
  return `${where}: ${fault.message}${hint}`.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}

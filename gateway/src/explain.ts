/** What an operator reads when something can't be used. */
import { formatFault } from '@gatehouse/kong-config/load';
import { ConfigurationError } from './gateway.js';

/** One line per fault; of other errors what they say. */
export function explain(error: unknown): string {
  if (error instanceof ConfigurationError) return error.faults.map(formatFault).join('\n');
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `port ${port} is in use: end what listens there, or choose another`;
  return message ?? String(error);
}

import type { Fields, Rules } from '../../schema/types.js';
import { text } from './fields.js';

const LEVELS = ['debug', 'info', 'notice', 'warning', 'err', 'crit', 'alert', 'emerg'];

/** Syslog's levels by the kind of answer (RFC 5424 section 6.2.1). */
export function severities(rules: Rules): Fields {
  const level = text({ default: 'info', one_of: LEVELS, ...rules });
  return { log_level: level, successful_severity: level, client_errors_severity: level, server_errors_severity: level };
}

import { closest } from '../schema/closest.js';
import { MESSAGES } from '../schema/messages.js';
import type { Node } from '../schema/node.js';

/** What people mean who write a field that isn't there. */
const KNOWN_MISTAKES: ReadonlyMap<string, string> = new Map([
  ['uris', "paths are called 'paths' since Kong 0.13"],
  ['upstream_url', "write 'url'"],
  ['strip_uri', "write 'strip_path'"],
  ['apis', "'apis' are 'services' with 'routes' since Kong 1.0"],
  ['expression', "only the router flavour 'expressions' knows it; write 'paths', 'hosts', 'methods' or 'headers'"],
  ['priority', "only the router flavour 'expressions' knows it; write 'regex_priority'"],
  ['whitelist', "write 'allow'"],
  ['blacklist', "write 'deny'"],
  ['_info', "decK's own; render the state file first"],
  ['_workspace', "decK's own; render the state file first"],
  ['_plugin_configs', "decK's own; render the state file first"],
]);

/** What to say about a field that the record doesn't have. */
export function unknownFieldHint(name: string, known: Iterable<string>): string | undefined {
  const mistake = KNOWN_MISTAKES.get(name);
  if (mistake !== undefined) return mistake;
  const near = closest(name, known);
  return near === undefined ? undefined : `did you mean '${near}'?`;
}

function typeHint(message: string, value: unknown): string | undefined {
  const isText = typeof value === 'string';
  if (message === MESSAGES.integer || message === MESSAGES.number) {
    if (isText && value.trim() !== '' && !Number.isNaN(Number(value))) return `write ${value} without quotes`;
    if (isText && /^\d+(ms|s|m|h)$/.test(value)) return 'write a number without a unit';
    return typeof value === 'number' ? 'write a whole number' : undefined;
  }
  if (message === MESSAGES.boolean && isText) return 'write true or false without quotes';
  if (message === MESSAGES.string && (typeof value === 'number' || typeof value === 'boolean')) return `write it in quotes: "${value}"`;
  if (message === MESSAGES.array || message === MESSAGES.set) return isText ? `write a list: [${JSON.stringify(value)}]` : 'write a list';
  return undefined;
}

/** What to say about a value that doesn't fit its field. */
export function valueHint(message: string, value: unknown, node: Node): string | undefined {
  const hint = typeHint(message, value);
  if (hint !== undefined || typeof value !== 'string') return hint;
  if (message.startsWith('should start with: /'))
    return message.includes('~/') && value.startsWith('~') ? `write '~/${value.slice(1)}'` : `write '/${value}'`;
  if (message === 'value must be null') return undefined;
  const options = node.field.one_of?.filter((option) => typeof option === 'string') ?? [];
  const near = message.startsWith('expected one of: ') ? closest(value, options) : undefined;
  if (near !== undefined) return `did you mean '${near}'?`;
  return /^[a-z]+$/.test(value) && node.field.match?.test(value.toUpperCase()) ? `write '${value.toUpperCase()}'` : undefined;
}

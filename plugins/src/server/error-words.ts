/** The words of errors for the Lua under Kong, out of the one table of reasons. */
import { STATUS_CODES } from 'node:http';
import { codeForStatus, errorCodes, errorStyle } from '@gatehouse/policy';

const SYSTEMS = ['freelance', 'gongbu', 'healthpay', 'interview', 'learning'];
const FIRST = 400;
const LAST = 511;

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

function statuses(): string[] {
  const known = new Set<number>([...Object.values(errorCodes).map(({ status }) => status), 494]);
  return [...known]
    .sort((a, b) => a - b)
    .map((status) => {
      const code = codeForStatus(status);
      const { name, message } = errorCodes[code];
      return `    [${status}] = { code = ${quoted(code)}, name = ${quoted(name)}, message = ${quoted(message)} },`;
    });
}

function titles(): string[] {
  return Object.entries(STATUS_CODES)
    .filter(([status]) => Number(status) >= FIRST && Number(status) <= LAST)
    .map(([status, title]) => `    [${status}] = ${quoted(title ?? '')},`);
}

function systems(): string[] {
  return SYSTEMS.map((system) => {
    const { format, messages } = errorStyle(system);
    const words = Object.entries(messages).map(([code, message]) => `${code} = ${quoted(message)}`);
    return `    ${system} = { format = ${quoted(format)}, messages = {${words.length > 0 ? ` ${words.join(', ')} ` : ''}} },`;
  });
}

/** The module `gatehouse.error-words`. */
export function errorWordsLua(): string {
  return [
    '-- Written by `gatehouse schemas` from packages/policy: words and forms of errors.',
    '-- luacheck: no max line length',
    'return {',
    '  quota_exceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded",',
    '  -- What a bare status stands for.',
    '  statuses = {',
    ...statuses(),
    '  },',
    '  -- Reason phrases (RFC 9110 and others, as Node has them).',
    '  titles = {',
    ...titles(),
    '  },',
    '  -- How each system words and shapes its errors.',
    '  systems = {',
    ...systems(),
    '  },',
    '}',
    '',
  ].join('\n');
}

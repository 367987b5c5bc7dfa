/** Answers that plugins make with Kong's own bodies. */
import { kongError, nginxError } from '../../phases/error-body.js';
import type { Exchange, Exit } from '../../plugin.js';
import { encodeJson } from './json.js';

/** nginx's pages for what a plugin exits with without a body; those that Kong catches with its error page are not among them. */
const NGINX_TITLES: Readonly<Record<number, string>> = {
  401: 'Authorization Required',
  402: 'Payment Required',
  403: 'Forbidden',
  406: 'Not Acceptable',
  409: 'Conflict',
  410: 'Gone',
  415: 'Unsupported Media Type',
  416: 'Requested Range Not Satisfiable',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  507: 'Insufficient Storage',
};

const KONG_PAGES = new Set([400, 404, 405, 408, 411, 412, 413, 414, 417, 494, 500, 502, 503, 504]);

/**
 * kong.response.error: status and message in the form that the client accepts.
 * @param message null = Kong's words for the status
 * @throws RangeError for a status that is no error, on which Kong fails too
 */
export function errorExit(exchange: Exchange, status: number, message: string | null, headers?: Record<string, string>): Exit {
  if (status < 400 || status > 599) throw new RangeError(`an error's status must be from 400 to 599, not ${status}`);
  const { contentType, text } = kongError(status, message, exchange.request.headers.get('accept'), exchange.id);
  return { status, body: text, headers: { ...headers, 'Content-Type': contentType } };
}

/** kong.response.exit(status) without a body: nginx puts its own page, or Kong's, in the place of most error statuses. */
export function emptyExit(exchange: Exchange, status: number): Exit {
  if (KONG_PAGES.has(status)) {
    const { headers } = exchange.request;
    const { contentType, text } = nginxError(status, headers.get('accept'), headers.get('content-type'), exchange.id);
    return { status: status === 494 ? 400 : status, body: text, headers: { 'Content-Type': contentType } };
  }
  const title = NGINX_TITLES[status];
  if (title === undefined) return { status, body: null };
  const line = `${status} ${title}`;
  const body = `<html>\r\n<head><title>${line}</title></head>\r\n<body>\r\n<center><h1>${line}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return { status, body, headers: { 'Content-Type': 'text/html; charset=UTF-8' } };
}

/** kong.response.exit(status, table): the table as JSON. */
export function jsonExit(status: number, body: object, headers?: Record<string, string>): Exit {
  return { status, body: encodeJson(body), headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers } };
}

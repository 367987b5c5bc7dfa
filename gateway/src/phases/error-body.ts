/** The bodies of the gateway's own errors, in the form that the client accepts (Kong: error_handlers.lua, tools/http.lua). */

const MESSAGES: Record<number, string> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  411: 'Length required',
  412: 'Precondition failed',
  413: 'Payload too large',
  414: 'URI too long',
  417: 'Expectation failed',
  426: 'Upgrade required',
  429: 'Too many requests',
  431: 'Request header fields too large',
  494: 'Request header or cookie too large',
  500: 'An unexpected error occurred',
  501: 'Not implemented',
  502: 'An invalid response was received from the upstream server',
  503: 'The upstream server is currently unavailable',
  504: 'The upstream server is timing out',
  505: 'HTTP version not supported',
};

/** Kong's words for a status. */
export function messageFor(status: number): string {
  return MESSAGES[status] ?? `The upstream server responded with ${status}`;
}

type Form = 'json' | 'html' | 'xml' | 'plain' | 'grpc';

const CONTENT_TYPES: Record<Form, string> = {
  json: 'application/json; charset=utf-8',
  html: 'text/html; charset=utf-8',
  xml: 'application/xml; charset=utf-8',
  plain: 'text/plain; charset=utf-8',
  grpc: '',
};

const FORMS: Record<string, Form> = {
  'application/grpc': 'grpc',
  'application/json': 'json',
  'text/html': 'html',
  'application/xml': 'xml',
  'text/plain': 'plain',
  'text/*': 'plain',
  'application/*': 'json',
  '*/*': 'json',
};

const MEDIA_RANGE = /^((?:[a-z0-9][a-z0-9\-!#$&^_+.]+|\*)\/(?:[a-z0-9][a-z0-9\-!#$&^_+.]+|\*))/i;
const QUALITY = /;\s*q=(1(?:\.0{0,3})?|0(?:\.\d{0,3})?)/i;
const ACCEPT_MAX = 8192;

/** The best form for an Accept header; JSON when there is none or none fits. */
export function formFor(accept: string | undefined): Form {
  if (accept === undefined) return 'json';
  let form: Form = 'json';
  let best = 0;
  for (const item of accept.slice(0, ACCEPT_MAX).split(',')) {
    const range = item.trim();
    const match = MEDIA_RANGE.exec(range);
    if (!match) continue;
    const quality = Number(QUALITY.exec(range)?.[1] ?? 1);
    if (quality <= best) continue;
    best = quality;
    const type = match[1]!;
    form = FORMS[type] ?? 'json';
  }
  return form;
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const markup = (text: string): string => text.replace(/[&<>"]/g, (c) => escapes[c]!);

/** The text of an error in one form. */
export function renderError(form: Form, message: string, requestId: string): string {
  switch (form) {
    case 'html':
      return `<!doctype html>\n<html>\n  <head>\n    <meta charset="utf-8">\n    <title>Error</title>\n  </head>\n  <body>\n    <h1>Error</h1>\n    <p>${markup(message)}.</p>\n    <p>request_id: ${requestId}</p>\n  </body>\n</html>\n`;
    case 'xml':
      return `<?xml version="1.0" encoding="UTF-8"?>\n<error>\n  <message>${markup(message)}</message>\n  <requestid>${requestId}</requestid>\n</error>\n`;
    case 'plain':
      return `${message}\nrequest_id: ${requestId}\n`;
    case 'grpc':
      return '';
    case 'json':
      return `{\n  "message":${JSON.stringify(message)},\n  "request_id":"${requestId}"\n}`;
  }
}

/** What an error is answered with. */
export interface ErrorBody {
  contentType: string;
  text: string;
}

/** An error that Kong's own Lua makes (kong.response.error): no route, no service, no target. */
export function kongError(status: number, message: string | null, accept: string | undefined, requestId: string): ErrorBody {
  const form = formFor(accept);
  return { contentType: CONTENT_TYPES[form], text: renderError(form, message ?? messageFor(status), requestId) };
}

/** An error that nginx makes inside Kong: plain text where the client says nothing (error_default_type). */
export function nginxError(status: number, accept: string | undefined, contentType: string | undefined, requestId: string): ErrorBody {
  const wanted = accept ?? contentType ?? 'text/plain';
  if (wanted.startsWith('application/grpc')) {
    return { contentType: CONTENT_TYPES.json, text: JSON.stringify({ message: messageFor(status) }) };
  }
  const form = formFor(wanted);
  return { contentType: CONTENT_TYPES[form], text: renderError(form, messageFor(status), requestId) };
}

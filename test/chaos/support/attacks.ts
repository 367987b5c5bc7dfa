/** Requests that two servers might read in two ways, or that no server should read at all; each hides a second one behind itself. */

export interface Attack {
  readonly name: string;
  /** Pieces are sent one by one. */
  readonly sent: string | readonly string[];
  /** Statuses of the answers, in order; the connection is closed after the last. */
  readonly statuses: readonly number[];
  /** Targets that the service may see. */
  readonly seen?: readonly string[];
}

/** What must never reach the service. */
export const EVIL = 'GET /evil HTTP/1.1\r\nHost: a\r\n\r\n';

const post = (headers: string, body: string): string => `POST /front HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n${body}${EVIL}`;
const get = (rest: string): string => `GET /front HTTP/1.1\r\n${rest}\r\n\r\n${EVIL}`;
const chunked = (body: string): string => post('Transfer-Encoding: chunked', body);
const refused = (status: number, cases: Readonly<Record<string, string | readonly string[]>>): Attack[] =>
  Object.entries(cases).map(([name, sent]) => ({ name, sent, statuses: [status] }));

const lengths = refused(400, {
  'two lengths that differ': post('Content-Length: 3\r\nContent-Length: 4', 'abc'),
  'two equal lengths': post('Content-Length: 3\r\nContent-Length: 3', 'abc'),
  'a list of lengths': post('Content-Length: 3, 3', 'abc'),
  'a signed length': post('Content-Length: +3', 'abc'),
  'a negative length': post('Content-Length: -1', 'abc'),
  'a hexadecimal length': post('Content-Length: 0x3', 'abc'),
  'a length with a fraction': post('Content-Length: 3.0', 'abc'),
  'a length with a blank inside': post('Content-Length: 1 0', 'abc'),
  'a length with a tab before it': post('Content-Length:\t3', 'abc'),
  'an empty length': post('Content-Length:', 'abc'),
  'a length past all numbers': post('Content-Length: 99999999999999999999', 'abc'),
  'a length and a coding': post('Content-Length: 3\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
  'a coding and a length': post('Transfer-Encoding: chunked\r\nContent-Length: 3', '0\r\n\r\n'),
  'a length whose name ends in a blank': post('Content-Length : 3', 'abc'),
  'a length in a folded line': post('X: y\r\n Content-Length: 3', 'abc'),
});

const codings = [
  ...refused(400, {
    'two codings': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
    'two codings that differ': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', '0\r\n\r\n'),
    'a coding whose name ends in a blank': post('Transfer-Encoding : chunked', '0\r\n\r\n'),
    'a coding whose name begins with a blank': post('X: y\r\n Transfer-Encoding: chunked', '0\r\n\r\n'),
    'a coding with a NUL': post('Transfer-Encoding: chunked\0', '0\r\n\r\n'),
    'a coding after a bare CR': post('X: y\rTransfer-Encoding: chunked', '0\r\n\r\n'),
    'a coding from HTTP/1.0': `POST /front HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${EVIL}`,
  }),
  ...refused(501, {
    'a coding in quotes': post('Transfer-Encoding: "chunked"', '0\r\n\r\n'),
    'an unknown coding': post('Transfer-Encoding: xchunked', '0\r\n\r\n'),
    'a list of codings': post('Transfer-Encoding: gzip, chunked', '0\r\n\r\n'),
    'chunked before another': post('Transfer-Encoding: chunked, identity', '0\r\n\r\n'),
    'a coding after a tab': post('Transfer-Encoding:\tchunked', '0\r\n\r\n'),
    'a coding after a vertical tab': post('Transfer-Encoding: \x0bchunked', '0\r\n\r\n'),
    'a coding before a high byte': post('Transfer-Encoding: chunked\xa0', '0\r\n\r\n'),
    'an empty coding': post('Transfer-Encoding:', '0\r\n\r\n'),
  }),
];

const chunks = refused(400, {
  'a chunk without a size': chunked('\r\n0\r\n\r\n'),
  'a size that is no number': chunked('z\r\nabc\r\n0\r\n\r\n'),
  'a signed size': chunked('+3\r\nabc\r\n0\r\n\r\n'),
  'a negative size': chunked('-3\r\nabc\r\n0\r\n\r\n'),
  'a size with 0x': chunked('0x3\r\nabc\r\n0\r\n\r\n'),
  'a size past all numbers': chunked('ffffffffffffffffffff\r\nabc\r\n0\r\n\r\n'),
  'a size that would wrap 64 bits to 3': chunked('10000000000000003\r\nabc\r\n0\r\n\r\n'),
  'a size line that ends in a bare LF': chunked('3\nabc\r\n0\r\n\r\n'),
  'a size line that ends in a bare CR': chunked('3\rabc\r\n0\r\n\r\n'),
  'an extension with a bare LF': chunked('3;x\nabc\r\n0\r\n\r\n'),
  'an extension that never ends': chunked(`3;${'x'.repeat(10_000)}\r\nabc\r\n0\r\n\r\n`),
  'data that is longer than its size': chunked('2\r\nabc\r\n0\r\n\r\n'),
  'data that is shorter than its size': chunked('5\r\nabc\r\n0\r\n\r\n'),
  'data without a line end': chunked('3\r\nabc0\r\n\r\n'),
  'data that ends in a bare LF': chunked('3\r\nabc\n0\r\n\r\n'),
  'a last chunk that ends in a bare LF': chunked('0\n\n'),
  'a trailer that ends in a bare LF': chunked('0\r\nX: y\n\r\n'),
  'trailers without end': chunked(`0\r\n${'X: y\r\n'.repeat(10_000)}\r\n`),
  'a NUL in a trailer': chunked('0\r\nX: \0\r\n\r\n'),
});

const heads = refused(400, {
  'no Host': get('X: y'),
  'two Hosts': get('Host: a\r\nHost: b'),
  'two equal Hosts': get('Host: a\r\nHost: a'),
  'an empty Host': get('Host:'),
  'a Host with a slash': get('Host: a/b'),
  'a Host with a blank': get('Host: a b'),
  'a Host that climbs': get('Host: a..b'),
  'a NUL in a value': get('Host: a\r\nX: y\0z'),
  'a NUL in a name': get('Host: a\r\nX\0: y'),
  'a bare CR in a value': get('Host: a\r\nX: y\rz'),
  'a bare CR in a name': get('Host: a\r\nX\rY: z'),
  'a blank in a name': get('Host: a\r\nX Y: z'),
  'a blank before a colon': get('Host: a\r\nX : z'),
  'an empty name': get('Host: a\r\n: z'),
  'a folded line': get('Host: a\r\nX: y\r\n z'),
  'a first line that is folded': get(' Host: a'),
  'a method in lower case': `get /front HTTP/1.1\r\nHost: a\r\n\r\n${EVIL}`,
  'a method with a digit': `G3T /front HTTP/1.1\r\nHost: a\r\n\r\n${EVIL}`,
  'a tab for a blank': `GET\t/front HTTP/1.1\r\nHost: a\r\n\r\n${EVIL}`,
  'a blank in the target': `GET /front x HTTP/1.1\r\nHost: a\r\n\r\n${EVIL}`,
  'a NUL in the target': `GET /front\0 HTTP/1.1\r\nHost: a\r\n\r\n${EVIL}`,
  'a target that is no path': `GET front HTTP/1.1\r\nHost: a\r\n\r\n${EVIL}`,
  'a target with a user': `GET http://u:p@a/front HTTP/1.1\r\nHost: a\r\n\r\n${EVIL}`,
  'no version': `GET /front\r\nHost: a\r\n\r\n${EVIL}`,
  'a version without a digit': `GET /front HTTP/1.\r\nHost: a\r\n\r\n${EVIL}`,
  'a version of another protocol': `GET /front ICY/1.1\r\nHost: a\r\n\r\n${EVIL}`,
  'an asterisk': `OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n${EVIL}`,
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'the first bytes of TLS': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
});

const methods = [
  ...refused(405, {
    CONNECT: `CONNECT /front HTTP/1.1\r\nHost: a\r\n\r\n${EVIL}`,
    'TRACE with a body': `TRACE /front HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc${EVIL}`,
  }),
  ...refused(400, { 'CONNECT to a host': `CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n${EVIL}` }),
  ...refused(505, { 'HTTP/2.0 in a request line': `GET /front HTTP/2.0\r\nHost: a\r\n\r\n${EVIL}` }),
];

/** Refused, and what follows on the connection is never read as a request. */
export const attacks: readonly Attack[] = [...lengths, ...codings, ...chunks, ...heads, ...methods];

/** Makes of an HTTP/2 header block what an HTTP/1 head is parsed into: the same rules for the same request (nginx: ngx_http_v2.c). */
import { HeaderList } from '../headers.js';
import { checkHost, HeadFault, isTarget, lengthOf, METHOD, type RequestHead, UNIQUE } from '../http1/head-parser.js';
import { requestKey } from '../http1/header-names.js';
import type { HttpLimits } from '../http1/limits.js';

/** What a field adds to the size of a block beside its text (RFC 9113 §6.5.2). */
const FIELD_OVERHEAD = 32;

interface Pseudo {
  method: string;
  path: string;
  authority: string | null;
}

interface Block extends Pseudo {
  readonly headers: HeaderList;
}

/** Reads the fields one by one, within the limits. */
function readFields(raw: readonly string[], limits: HttpLimits): Block {
  const headers = new HeaderList();
  const block: Block = { method: '', path: '', authority: null, headers };
  const cookies: string[] = [];
  let size = 0;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    size += name.length + value.length + FIELD_OVERHEAD;
    if (name === ':path' && value.length > limits.requestLineBytes) throw new HeadFault(414, 'the path is too long', headers);
    if (size > limits.headBytes) throw new HeadFault(494, 'the header block is too long', headers);
    if (name.length + value.length > limits.headerLineBytes) throw new HeadFault(494, 'a header field is too long', headers);
    if (headers.size + cookies.length >= limits.headerCount) throw new HeadFault(494, 'there are too many header fields', headers);
    if (name.charCodeAt(0) === 58) readPseudo(block, name, value);
    else if (name === 'cookie') cookies.push(value);
    else readField(headers, name, value);
  }
  // One header field for HTTP/1 services (RFC 9113 §8.2.3).
  if (cookies.length > 0) headers.push('cookie', 'cookie', cookies.join('; '));
  return block;
}

function readPseudo(pseudo: Pseudo, name: string, value: string): void {
  if (name === ':method') pseudo.method = value;
  else if (name === ':path') pseudo.path = value;
  else if (name === ':authority') pseudo.authority = value;
}

function readField(headers: HeaderList, name: string, value: string): void {
  const key = requestKey(name);
  if (key === null) throw new HeadFault(400, 'a header name has a blank or control byte', headers);
  if (key === '') return;
  if (UNIQUE.has(key) && headers.has(key)) throw new HeadFault(400, `header ${key} is there twice`, headers);
  headers.push(name, key, value);
}

/** Both `:authority` and Host are one too many, as in nginx: who reads the one must not be told another thing by the other. */
function hostOf({ authority, headers }: Block): string {
  const sent = headers.get('host');
  if (authority !== null && sent !== undefined) throw new HeadFault(400, 'the host is there twice', headers);
  const host = authority ?? sent;
  if (host === undefined) throw new HeadFault(400, 'there is neither :authority nor Host', headers);
  checkHost(host, headers);
  return host;
}

/**
 * @param raw names and values in turn, as they were sent
 * @param ended no body follows
 * @throws HeadFault with the status to answer
 */
export function headOf(raw: readonly string[], ended: boolean, limits: HttpLimits): RequestHead {
  const block = readFields(raw, limits);
  const { method, path, headers } = block;
  if (!METHOD.test(method)) throw new HeadFault(400, 'the method is not valid', headers);
  if (!isTarget(path)) throw new HeadFault(400, 'the path is not valid', headers);
  const host = hostOf(block);
  if (block.authority !== null) headers.putFirst(HeaderList.from([['Host', host]]));
  const length = headers.get('content-length');
  const contentLength = length === undefined ? null : lengthOf(length, headers);
  if (method === 'TRACE' || method === 'CONNECT') throw new HeadFault(405, `${method} is not allowed`, headers, method);
  return {
    method,
    target: path,
    host,
    version: 2,
    headers,
    contentLength: ended ? 0 : contentLength,
    chunked: false,
    keepAlive: true,
    expectContinue: headers.get('expect')?.toLowerCase() === '100-continue',
    size: raw.reduce((sum, text) => sum + text.length, 0),
  };
}

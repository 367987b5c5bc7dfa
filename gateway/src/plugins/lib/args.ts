/** Query strings and form bodies as OpenResty reads and writes them (ngx.decode_args, ngx.encode_args). All strings are bytes. */

/** `true`: a name without `=`. */
export type ArgValue = string | true;
export type Args = Map<string, ArgValue | ArgValue[]>;

/** Kong's default for lua_max_uri_args: what comes after that many pairs is not seen. */
export const ARGS_MAX = 100;

const NOTHING_TO_DECODE = /^[^%+]*$/;
const NOTHING_TO_ENCODE = /^[A-Za-z0-9\-._~!'()*]*$/;
const ESCAPE = /%[0-9A-Fa-f]{2}|\+/g;

const encoded: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return NOTHING_TO_ENCODE.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** `+` is a blank; an escape that is none stays as it is. */
export function unescapeArg(text: string): string {
  if (NOTHING_TO_DECODE.test(text)) return text;
  return text.replace(ESCAPE, (found) => (found === '+' ? ' ' : String.fromCharCode(Number.parseInt(found.slice(1), 16))));
}

/** Percent-encodes everything but letters, digits and `-._~!'()*`. */
export function escapeArg(text: string): string {
  if (NOTHING_TO_ENCODE.test(text)) return text;
  let out = '';
  for (let i = 0; i < text.length; i++) out += encoded[text.charCodeAt(i) & 0xff];
  return out;
}

function addPair(args: Args, pair: string): void {
  const equals = pair.indexOf('=');
  const name = unescapeArg(equals < 0 ? pair : pair.slice(0, equals));
  if (name === '') return;
  const value = equals < 0 ? true : unescapeArg(pair.slice(equals + 1));
  const present = args.get(name);
  if (present === undefined) args.set(name, value);
  else if (Array.isArray(present)) present.push(value);
  else args.set(name, [present, value]);
}

/** Reads `a=1&b&a=2`; empty names are dropped, a repeated name gets a list. At most `max` pairs are read. */
export function decodeArgs(raw: string, max = ARGS_MAX): Args {
  const args: Args = new Map();
  let start = 0;
  for (let count = 0; count < max && start < raw.length; count++) {
    const ampersand = raw.indexOf('&', start);
    const end = ampersand < 0 ? raw.length : ampersand;
    addPair(args, raw.slice(start, end));
    start = end + 1;
  }
  return args;
}

function encodeOne(name: string, value: ArgValue): string {
  return value === true ? name : `${name}=${escapeArg(value)}`;
}

function pieces(args: Args): string[] {
  const out: string[] = [];
  for (const [name, value] of args) {
    const key = escapeArg(name);
    if (!Array.isArray(value)) out.push(encodeOne(key, value));
    else if (value.length > 0) out.push(value.map((one) => encodeOne(key, one)).join('&'));
  }
  return out;
}

/** Writes in the order of the map. */
export function encodeArgs(args: Args): string {
  return pieces(args).join('&');
}

/** Writes sorted by the encoded pair, as kong.service.request.set_query does. */
export function encodeArgsSorted(args: Args): string {
  return pieces(args).sort().join('&');
}

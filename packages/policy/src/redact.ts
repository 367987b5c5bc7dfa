/** Takes out what must not stand in a log: tokens, codes, one-time passwords, phone numbers, secrets. */

export const REDACTED = '[redacted]';

/** Names of parameters and fields, lower-case and without `-` and `_`, whose values are never shown. */
const SECRET_NAMES = new Set([
  'accesstoken',
  'apikey',
  'assertion',
  'auth',
  'authorization',
  'clientassertion',
  'clientsecret',
  'code',
  'codeverifier',
  'cookie',
  'credential',
  'hash',
  'hmac',
  'idtoken',
  'idtokenhint',
  'initdata',
  'jwt',
  'key',
  'logouttoken',
  'mobile',
  'msisdn',
  'nonce',
  'otp',
  'passwd',
  'password',
  'phone',
  'phonenumber',
  'pin',
  'pwd',
  'refreshtoken',
  'samlresponse',
  'secret',
  'session',
  'sessionid',
  'sid',
  'sig',
  'signature',
  'state',
  'ticket',
  'token',
  'xapikey',
]);

const JWT = /eyJ[A-Za-z0-9_-]{4,}/;
/** `+20…`, `0020…`, `010…`: what people write before a number of at least eight digits. */
const PHONE = /^(?:\+|%2b|00|0)\d{7,14}$/i;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** Long and with digits: a token rather than a name. */
const OPAQUE = /^(?=.*\d)[A-Za-z0-9_~.%+=-]{32,}$/;
/** What must be there for a path to hold any of these; most have none of it. */
const SUSPECT = /eyJ|\/(?:\+|%2b|0)\d{7}|[A-Za-z0-9_~.%+=-]{32}/i;

/** Whether a value is a token or a phone number wherever it stands, an id of somebody or something included. */
export function isSensitive(value: string): boolean {
  return JWT.test(value) || PHONE.test(value);
}

/** The same for a part of an address, where what is long and random is taken for a secret too. */
function looksSecret(value: string): boolean {
  return isSensitive(value) || (OPAQUE.test(value) && !UUID.test(value));
}

/** A path with what looks like a secret taken out. */
export function redactPath(path: string): string {
  if (!SUSPECT.test(path)) return path;
  return path
    .split('/')
    .map((segment) => (looksSecret(segment) ? REDACTED : segment))
    .join('/');
}

/** Ends of names that say the same: `newPassword`, `set-cookie`, `telegramBotToken`. */
const SECRET_END = /(?:token|secret|password|passwd|otp|cookie|apikey|privatekey|authorization|credential|signature)s?$/;

const isSecretWord = (word: string): boolean => SECRET_NAMES.has(word) || SECRET_END.test(word);

/** Whether a name, or a part of one such as `user[otp]`, is a secret's. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[_-]/g, '');
  return isSecretWord(plain) || plain.split(/[[\].]/).some(isSecretWord);
}

function redactPair(pair: string): string {
  const equals = pair.indexOf('=');
  if (equals < 0) return looksSecret(pair) ? REDACTED : pair;
  const name = pair.slice(0, equals);
  const secret = isSecretName(name) || name.includes('%') || looksSecret(pair.slice(equals + 1));
  return secret ? `${name}=${REDACTED}` : pair;
}

/** Path and query as they may be logged. A name that is percent-encoded hides its value, whatever it spells. */
export function redactUrl(path: string, query: string): string {
  const shown = redactPath(path);
  return query === '' ? shown : `${shown}?${query.split('&').map(redactPair).join('&')}`;
}

/** An address inside a text, up to its query, and the query. */
const ADDRESS = /((?:https?:\/\/|\/)[^\s?"'<>]*)\?([^\s"'<>#]+)/g;
/** `Bearer …`, `Basic …` and such. */
const CREDENTIALS = /\b(Bearer|Basic|DPoP|Token)\s+[A-Za-z0-9_~+/.=-]{6,}/gi;
/** A JSON Web Token, an encrypted one, or the start of one. */
const TOKENS = /eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,4}/g;
const PHONES = /(?<![\w.-])\+\d{8,15}(?!\w)/g;
/** What must be there for a text to hold any of these. */
const SUSPECT_TEXT = /eyJ|\+\d{8}|[?]|Bearer|Basic|DPoP|Token/i;

/** A message or any other text with tokens, phone numbers and the secrets of addresses in it taken out. */
export function redactText(text: string): string {
  if (!SUSPECT_TEXT.test(text)) return text;
  return text
    .replace(ADDRESS, (_whole, path: string, query: string) => redactUrl(path, query))
    .replace(CREDENTIALS, `$1 ${REDACTED}`)
    .replace(TOKENS, REDACTED)
    .replace(PHONES, REDACTED);
}

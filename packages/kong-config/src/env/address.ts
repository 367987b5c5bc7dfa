/** Addresses of services as operators write them: one URL, or several, comma-separated, for several targets. */

/** What stands in an address variable is not a list of http(s) URLs that one upstream can serve. */
export class AddressError extends Error {
  readonly code = 'GH_ADDRESS';
}

/** The parts of a `…_URL` variable that a state file may ask for under a name of its own. */
export type AddressPart = 'TARGETS' | 'PROTOCOL' | 'PATH' | 'URLS';

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Splits a comma-separated value into its trimmed, non-empty items. */
export function splitList(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Parses one or several http(s) URLs. @throws AddressError naming what is wrong. */
export function parseAddresses(value: string): URL[] {
  const items = splitList(value);
  if (items.length === 0) throw new AddressError('is empty: expected an http(s) URL');
  return items.map(parseAddress);
}

function parseAddress(text: string): URL {
  if (!URL.canParse(text)) throw new AddressError(`"${text}" is not a URL such as http://host:port`);
  const url = new URL(text);
  if (defaultPorts[url.protocol] === undefined) throw new AddressError(`"${text}" is not an http or https URL`);
  if (url.search !== '' || url.hash !== '')
    throw new AddressError(`"${text}" has a query or a fragment, which an address of a service can't have`);
  return url;
}

/**
 * One part of a list of addresses: `TARGETS` is `host:port,host:port`, `PROTOCOL` is `http` or `https`, `PATH` is the path
 * that all share, empty for none, `URLS` all of them with commas between. @throws AddressError when the addresses differ in protocol or path.
 */
export function addressPart(value: string, part: AddressPart): string {
  const urls = parseAddresses(value);
  if (part === 'TARGETS') return urls.map((url) => `${url.hostname}:${url.port || defaultPorts[url.protocol]}`).join(',');
  if (part === 'URLS') return urls.map((url) => url.href.replace(/\/$/, '')).join(',');
  const pick = part === 'PROTOCOL' ? (url: URL) => url.protocol.slice(0, -1) : (url: URL) => (url.pathname === '/' ? '' : url.pathname);
  const [first = '', ...others] = new Set(urls.map(pick));
  if (others.length > 0) throw new AddressError(`the addresses differ in ${part.toLowerCase()}, which one upstream can't have`);
  return first;
}

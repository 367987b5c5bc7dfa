import { type Answer, call } from './call.js';

/** An answer and where it came from, once every redirect was followed. */
export interface Page extends Answer {
  readonly url: string;
}

/** How a form browser behaves. */
export interface FormBrowserOptions {
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Another address to connect to for a URL, when its name means nothing on this machine; the Host header stays the name. */
  readonly reach?: (url: URL) => string | undefined;
}

/** What to send beside the address. */
export interface Visit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A redirect to an address that this one holds true for is not followed. */
  readonly until?: (url: URL) => boolean;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
  readonly secure: boolean;
}

const MOST_REDIRECTS = 10;

/** A client of HTML forms: keeps cookies, follows redirects, fills forms in. Runs no scripts. For development and tests. */
export class FormBrowser {
  /** host → name and path → cookie */
  readonly #jar = new Map<string, Map<string, Cookie>>();

  constructor(private readonly options: FormBrowserOptions = {}) {}

  /** Value of a cookie that a host has set. */
  cookie(host: string, name: string): string | undefined {
    for (const [key, { value }] of this.#jar.get(host) ?? []) if (key.startsWith(`${name};`)) return value;
    return undefined;
  }

  /** Visits an address. @throws Error of the connection, or after ten redirects */
  async visit(address: string, { until, ...sent }: Visit = {}): Promise<Page> {
    let url = new URL(address);
    let visit: Visit = sent;
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
      const answer = await this.#send(url, visit);
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status > 399 || location === undefined) return { ...answer, url: url.href };
      const next = new URL(location, url);
      if (until?.(next)) return { ...answer, url: url.href };
      if (answer.status !== 307 && answer.status !== 308) visit = { ...(sent.headers && { headers: sent.headers }) };
      url = next;
    }
    throw new Error(`more than ${MOST_REDIRECTS} redirects from ${address}`);
  }

  /** Sends the (first) form of a page, with the values that it holds and those given. @throws Error when there is no form */
  async submit(page: Page, fields: Readonly<Record<string, string>>, visit: Visit = {}): Promise<Page> {
    const form = /<form[^>]*>[\s\S]*?<\/form>/i.exec(page.text)?.[0];
    if (form === undefined) throw new Error(`no form at ${page.url}: ${page.status} ${page.text.slice(0, 300)}`);
    const values = new URLSearchParams(hiddenFields(form));
    for (const [name, value] of Object.entries(fields)) values.set(name, value);
    const action = new URL(attribute(/<form[^>]*>/i.exec(form)![0], 'action') ?? '', page.url);
    return this.visit(action.href, {
      ...visit,
      method: 'POST',
      body: values.toString(),
      headers: { ...visit.headers, 'content-type': 'application/x-www-form-urlencoded' },
    });
  }

  async #send(url: URL, { method, headers, body }: Visit): Promise<Answer> {
    const cookies = this.#cookiesFor(url);
    const answer = await call(this.#connectTo(url), {
      ...(method === undefined ? {} : { method }),
      ...(body === undefined ? {} : { body }),
      headers: { host: url.host, accept: 'text/html', ...this.options.headers, ...headers, ...(cookies === '' ? {} : { cookie: cookies }) },
    });
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(url, line);
    return answer;
  }

  #connectTo(url: URL): string {
    const local = url.hostname.endsWith('.localhost') ? `${url.protocol}//127.0.0.1:${url.port}` : undefined;
    const origin = this.options.reach?.(url) ?? local;
    return origin === undefined ? url.href : `${origin}${url.pathname}${url.search}`;
  }

  #cookiesFor({ hostname, pathname, protocol }: URL): string {
    // Browsers trust this machine without TLS.
    const safe = protocol === 'https:' || hostname === '127.0.0.1' || /(^|\.)localhost$/.test(hostname);
    const sendable = [...(this.#jar.get(hostname) ?? [])].filter(
      ([, { path, secure }]) => (!secure || safe) && (pathname === path || pathname.startsWith(path.replace(/\/?$/, '/'))),
    );
    return sendable.map(([key, { value }]) => `${key.split(';')[0]}=${value}`).join('; ');
  }

  #keep({ hostname, pathname }: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const given = new Map(attributes.map((part) => [part.split('=')[0]!.toLowerCase(), part.slice(part.indexOf('=') + 1)]));
    const path = given.get('path') ?? pathname.replace(/\/[^/]*$/, '') ?? '/';
    const jar = this.#jar.get(hostname) ?? new Map<string, Cookie>();
    this.#jar.set(hostname, jar);
    const key = `${pair.slice(0, pair.indexOf('='))};${path}`;
    const gone = given.get('max-age') === '0' || Date.parse(given.get('expires') ?? '') < Date.now();
    if (gone) jar.delete(key);
    else jar.set(key, { value: pair.slice(pair.indexOf('=') + 1), path, secure: given.has('secure') });
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

const decoded = (text: string): string =>
  text
    .replaceAll(/&#(\d+);/g, (_, number: string) => String.fromCharCode(Number(number)))
    .replaceAll(/&(amp|lt|gt|quot);/g, (_, name: string) => entities[name] ?? '');

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'i').exec(tag);
  return found === null ? undefined : decoded(found[1] ?? found[2] ?? '');
}

function hiddenFields(form: string): [string, string][] {
  return [...form.matchAll(/<input[^>]*>/gi)].flatMap(([tag]) => {
    const name = attribute(tag, 'name');
    return name === undefined || attribute(tag, 'type') !== 'hidden' ? [] : [[name, attribute(tag, 'value') ?? ''] as [string, string]];
  });
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Provider from 'oidc-provider';
import { Behaviour } from './behaviour.js';
import { makeCookieKey, makeProvider } from './configuration.js';
import { makeSigningKey, type SigningKey, signingKey } from './keys.js';
import { answerLogin } from './login.js';
import { type Realm, readRealm, type Variable } from './realm.js';
import { ProviderStore } from './store.js';

/** How to run the embedded identity provider. */
export interface ProviderOptions {
  /** Port to listen on; 0 for any that is free. */
  readonly port: number;
  /** Address to listen on; this machine alone by default. */
  readonly host?: string;
  /** Issuer; `http://127.0.0.1:PORT/realms/REALM` by default. Its path is where everything is served. */
  readonly issuer?: string;
  /** Variables that the realm file names (`KEYCLOAK_CLIENT_SECRET`, `KEYCLOAK_REDIRECT_URI`, …). */
  readonly variable?: Variable;
  /** Private RSA key (PEM) that signs; a new one by default. */
  readonly key?: string;
  /** The clock of what is remembered (not that of token times), in milliseconds since the epoch. */
  readonly now?: () => number;
  /** Where a logout token goes in place of the realm's address; given, because a test knows the port later. */
  readonly backchannelLogoutUri?: () => string;
}

/** A running provider, and what tests do to it. */
export interface RunningProvider {
  readonly issuer: string;
  readonly port: number;
  readonly realm: Realm;
  /** Makes it slow, deaf or faulty, and counts requests. */
  readonly behaviour: Behaviour;
  /** Signs with a new key from now on; the old ones stay in the key set unless `forget` is set. Gives back the new key's name. */
  rotateKeys(forget?: boolean): Promise<string>;
  /** What an administrator does: ends the sessions of a user, and tells the application. Gives back how many there were. */
  endSessions(username: string): Promise<number>;
  /** Ends it, with all its connections. */
  close(): Promise<void>;
}

const LOGOUT_TIMEOUT_MS = 2500;

/** The library's client, as far as its types leave it out. */
interface LogoutClient {
  backchannelLogout(accountId: string, sid: string): Promise<void>;
}

/**
 * Runs the embedded identity provider: oidc-provider with a log-in page and the users of `keycloak/realm.json`. For development and
 * tests; all that it knows is in this process.
 * @throws RealmError for a bad realm, Error when the port is taken (`EADDRINUSE`) or the key is none
 */
export async function startProvider(options: ProviderOptions): Promise<RunningProvider> {
  const realm = readRealm(options.variable ?? (() => undefined));
  const behaviour = new Behaviour();
  let handle: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => void response.writeHead(503).end();
  const server = createServer((request, response) => behaviour.apply(request, response, () => handle(request, response)));
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const issuer = options.issuer ?? `http://127.0.0.1:${port}/realms/${realm.name}`;
  const engine = await Engine.make(issuer, realm, options);
  handle = (request, response) => engine.answer(request, response);
  return {
    issuer,
    port,
    realm,
    behaviour,
    rotateKeys: (forget = false) => engine.rotateKeys(forget),
    endSessions: (username) => engine.endSessions(username),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The provider of the moment: a change of keys makes a new one on the same memory. */
class Engine {
  readonly #store: ProviderStore;
  readonly #cookieKey = makeCookieKey();
  readonly #prefix: string;
  #provider: Provider;
  #callback: (request: IncomingMessage, response: ServerResponse) => Promise<void>;

  private constructor(
    private readonly issuer: string,
    private readonly realm: Realm,
    private readonly options: ProviderOptions,
    private keys: readonly SigningKey[],
  ) {
    this.#prefix = new URL(issuer).pathname.replace(/\/$/, '');
    this.#store = new ProviderStore(options.now, realm.refreshReuses);
    this.#provider = this.#make();
    this.#callback = this.#provider.callback();
  }

  static async make(issuer: string, realm: Realm, options: ProviderOptions): Promise<Engine> {
    const key = options.key === undefined ? await makeSigningKey() : signingKey(options.key);
    return new Engine(issuer, realm, options, [key]);
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '/';
    if (!url.startsWith(`${this.#prefix}/`)) {
      response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"error":"not found"}');
      return;
    }
    request.url = url.slice(this.#prefix.length);
    Object.assign(request, { originalUrl: url });
    const answered = request.url.startsWith('/interaction/')
      ? answerLogin(this.#provider, this.realm, request, response)
      : this.#callback(request, response);
    answered.catch(() => response.destroy());
  }

  async rotateKeys(forget: boolean): Promise<string> {
    const key = await makeSigningKey();
    this.keys = forget ? [key] : [key, ...this.keys].slice(0, 4);
    this.#provider = this.#make();
    this.#callback = this.#provider.callback();
    return key.kid;
  }

  async endSessions(username: string): Promise<number> {
    const user = this.realm.users.find((one) => one.username === username);
    const sessions = this.#store.all('Session').filter(({ accountId }) => user !== undefined && accountId === user.id);
    const client = (await this.#provider.Client.find(this.realm.client.id)) as unknown as LogoutClient;
    for (const session of sessions) {
      const { sid, grantId } = session.authorizations?.[this.realm.client.id] ?? {};
      await this.#store.adapter('Session').destroy(session.jti!);
      for (const kind of ['RefreshToken', 'AuthorizationCode']) if (grantId !== undefined) this.#store.revoke(kind, grantId);
      if (grantId !== undefined) await this.#store.adapter('Grant').destroy(grantId);
      if (sid !== undefined) await client.backchannelLogout(session.accountId!, sid).catch(() => undefined);
    }
    return sessions.length;
  }

  #make(): Provider {
    const { issuer, realm, keys } = this;
    return makeProvider({
      issuer,
      realm,
      store: this.#store,
      keys,
      cookieKey: this.#cookieKey,
      sendLogout: (options) => {
        const url = this.options.backchannelLogoutUri?.() ?? realm.client.backchannelLogoutUri;
        return fetch(url, { ...options, signal: AbortSignal.timeout(LOGOUT_TIMEOUT_MS) });
      },
    });
  }
}

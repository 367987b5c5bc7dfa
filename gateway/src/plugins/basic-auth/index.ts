/** Twin of Kong's basic-auth: name and password in Authorization say who the client is (RFC 7617). */
import crypto from 'node:crypto';
import type { Exchange, Exit, PluginEnvironment, PluginInstance, PluginTwin } from '../../plugin.js';
import { authenticate, credentialsBy, type KnownCredential, Refusal, sameSecret, settle } from '../lib/authentication.js';
import { decodeBase64 } from '../lib/base64.js';

/** Kong's schema (kong/plugins/basic-auth/schema.lua), defaults filled in. */
interface BasicAuthConfig {
  /** Id or username of a consumer. */
  anonymous: string | null;
  hide_credentials: boolean;
  realm: string;
}

const BASIC = /[Bb]asic\s*([^\n]+)/;

interface Given {
  readonly username: string;
  readonly password: string;
}

function parse(header: string): Given | null {
  const encoded = BASIC.exec(header)?.[1];
  const decoded = encoded === undefined ? null : decodeBase64(encoded);
  return decoded && splitPair(decoded.toString('latin1'));
}

/** Name and password; the password ends with its line. */
function splitPair(text: string): Given | null {
  const start = text.search(/[^:]/);
  const colon = start < 0 ? -1 : text.indexOf(':', start);
  if (colon < 0) return null;
  return { username: text.slice(start, colon), password: text.slice(colon + 1).split('\n', 1)[0]! };
}

/** Kong keeps the SHA-1 of the password with the consumer's id behind it. */
function matches({ credential, consumer }: KnownCredential, password: string): boolean {
  const digest = crypto.createHash('sha1').update(password, 'latin1').update(consumer.id).digest('hex');
  return sameSecret(digest, String(credential['password']));
}

class BasicAuth implements PluginInstance {
  private readonly users: ReadonlyMap<string, KnownCredential>;
  private readonly refusal: Refusal;

  constructor(
    private readonly config: BasicAuthConfig,
    private readonly environment: PluginEnvironment,
  ) {
    this.users = credentialsBy(environment.directory, 'basicauth_credentials', 'username', 'username');
    this.refusal = new Refusal(401, 'Unauthorized', `Basic realm="${config.realm}"`);
  }

  access(exchange: Exchange): Exit | undefined {
    const { anonymous } = this.config;
    if (anonymous !== null && exchange.credential) return undefined;
    return settle(exchange, this.check(exchange), anonymous, this.environment.directory);
  }

  private check(exchange: Exchange): Refusal | null {
    let given = this.take(exchange, 'proxy-authorization');
    let known = given && this.users.get(given.username);
    if (!known) {
      given = this.take(exchange, 'authorization');
      known = given && this.users.get(given.username);
    }
    if (!given || !known || !matches(known, given.password)) return this.refusal;
    authenticate(exchange, known);
    return null;
  }

  private take(exchange: Exchange, header: string): Given | null {
    const { headers } = exchange.request;
    const value = headers.get(header);
    if (value === undefined) return null;
    if (this.config.hide_credentials) headers.remove(header);
    return parse(value);
  }
}

export const basicAuth: PluginTwin = {
  name: 'basic-auth',
  priority: 1100,
  version: '3.9.3',
  create: (config, environment) => new BasicAuth(config as unknown as BasicAuthConfig, environment),
};

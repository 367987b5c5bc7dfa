import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startProvider } from './provider.js';
import type { Variable } from './realm.js';

const USAGE = `usage: gatehouse identity-provider [--key FILE]

Plays Keycloak on this machine for development: the realm of auth-sidecar/keycloak/realm.json, with a log-in page and its users, at
KEYCLOAK_ISSUER_URL. FILE is the private RSA key (PEM) that signs; without it a new one is made at each start. SIGTERM ends it.`;

const STANDARD_ISSUER = 'http://127.0.0.1:8180/realms/ai-video-interview';

/** The issuer is none that can be served here. */
export class IssuerError extends Error {
  readonly code = 'IDENTITY_PROVIDER_ISSUER';
}

/** A variable of the interview system, under its prefixed name or its bare one. */
const variableOf =
  (environment: NodeJS.ProcessEnv): Variable =>
  (name) =>
    environment[`INTERVIEW_${name}`] || environment[name] || undefined;

function issuerOf(variable: Variable): URL {
  const text = variable('KEYCLOAK_ISSUER_URL') ?? STANDARD_ISSUER;
  const url = URL.parse(text);
  const local = url !== null && url.protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(url.hostname);
  if (!local || url.pathname === '/' || url.search !== '' || url.hash !== '') {
    throw new IssuerError(`INTERVIEW_KEYCLOAK_ISSUER_URL: "${text}" can't be served here: http://127.0.0.1:PORT/realms/REALM is wanted`);
  }
  return url;
}

const say = (message: string, more: object): void =>
  void process.stderr.write(`${JSON.stringify({ timestamp: new Date().toISOString(), level: 'info', message, ...more })}\n`);

/** What the command line asks for: undefined when it makes no sense. */
function readArgs(args: string[]): { key?: string | undefined; help?: boolean | undefined } | undefined {
  try {
    return parseArgs({ args, options: { key: { type: 'string' }, help: { type: 'boolean', short: 'h' } } }).values;
  } catch {
    return undefined;
  }
}

/** A port that is taken, in words that say what to do. */
function explained(error: unknown): unknown {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code !== 'EADDRINUSE') return error;
  return new IssuerError(`port ${port} is in use: end what listens there, or set INTERVIEW_KEYCLOAK_ISSUER_URL`);
}

/**
 * Runs `gatehouse identity-provider` until SIGTERM or SIGINT.
 * @throws IssuerError (no address of this machine, a port that is taken, production), RealmError, Error for a bad key; exits with 2 on wrong usage
 */
export async function serveProvider(args: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const values = readArgs(args);
  if (values === undefined) {
    process.stderr.write(`${USAGE}\n`);
    process.exit(2);
  }
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const variable = variableOf(environment);
  // Everyone knows its users' password.
  if (variable('NODE_ENV') === 'production') throw new IssuerError('identity-provider is for development: this is production (NODE_ENV)');
  const issuer = issuerOf(variable);
  const provider = await startProvider({
    port: Number(issuer.port || 80),
    issuer: issuer.href.replace(/\/$/, ''),
    variable,
    ...(values.key === undefined ? {} : { key: readFileSync(values.key, 'utf8') }),
  }).catch((error: unknown) => {
    throw explained(error);
  });
  const stop = (): void => void provider.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  say('ready', { issuer: provider.issuer, users: provider.realm.users.map(({ username }) => username) });
}

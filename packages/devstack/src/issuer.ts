import { createServer } from 'node:http';
import { interviewIssuer } from '@gatehouse/testkit';
import type { DevelopmentKey } from './development-key.js';
import type { Variables } from './settings.js';
import { StartError } from './stack.js';

/** What stands in for interview's identity provider: the keys by which development tokens are checked. */
export interface Issuer {
  close(): void;
}

const variable = 'INTERVIEW_KEYCLOAK_ISSUER_URL';

/** Where tokens of interview say that they come from. */
export const issuerUrl = (variables: Variables): URL => new URL(variables[variable] || variables['KEYCLOAK_ISSUER_URL'] || interviewIssuer);

/**
 * Serves the discovery document and the key set where tokens say that they come from, when that is this machine; a provider elsewhere
 * is the operator's, and answers itself.
 * @throws StartError when the port is taken
 */
export async function startIssuer(variables: Variables, key: () => DevelopmentKey): Promise<Issuer | undefined> {
  const url = issuerUrl(variables);
  if (url.protocol !== 'http:' || !['127.0.0.1', 'localhost'].includes(url.hostname)) return undefined;
  const issuer = url.href.replace(/\/$/, '');
  const answers = new Map<string, unknown>([
    [new URL(`${issuer}/.well-known/openid-configuration`).pathname, { issuer, jwks_uri: `${issuer}/keys` }],
    [new URL(`${issuer}/keys`).pathname, key().jwks],
  ]);
  const server = createServer((request, response) => {
    const found = answers.get(request.url ?? '');
    response.writeHead(found === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(found ?? { error: 'not found' }));
  });
  const port = Number(url.port || 80);
  await new Promise<void>((resolve, reject) => {
    const taken = `port ${port} (keys of interview's tokens) can't be opened: end what listens there, or set ${variable}`;
    server.once('error', () => reject(new StartError([taken])));
    server.listen(port, '127.0.0.1', resolve);
  });
  return { close: () => void server.close(() => undefined).closeAllConnections() };
}

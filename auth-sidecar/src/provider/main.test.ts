import { expect, test } from '@jest/globals';
import { serveProvider } from './main.js';
import { startProvider } from './provider.js';

test.each([
  [{ INTERVIEW_KEYCLOAK_ISSUER_URL: 'https://id.example/realms/r' }, "can't be served here"],
  [{ KEYCLOAK_ISSUER_URL: 'http://127.0.0.1:8180/' }, 'http://127.0.0.1:PORT/realms/REALM is wanted'],
  [{ KEYCLOAK_ISSUER_URL: 'http://127.0.0.1:8180/realms/r?x=1' }, "can't be served here"],
  [{ NODE_ENV: 'production' }, 'this is production'],
  [{ KEYCLOAK_REDIRECT_URI: 'nowhere' }, 'redirectUris'],
])('%j is no place for it', async (environment, reason) => {
  await expect(serveProvider([], environment)).rejects.toThrow(reason);
});

test('a port that is taken is named with the variable that moves it', async () => {
  const first = await startProvider({ port: 0 });
  const taken = serveProvider([], { KEYCLOAK_ISSUER_URL: first.issuer });
  await expect(taken).rejects.toThrow(`port ${first.port} is in use: end what listens there, or set INTERVIEW_KEYCLOAK_ISSUER_URL`);
  await first.close();
});

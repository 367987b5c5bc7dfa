import { type Request, type Response, Router } from 'express';
import type { Dependencies } from '../dependencies.js';
import { HttpFault } from '../http/fault.js';
import { signingKeysOf } from './signing-keys.js';

const PATH = '/.well-known/jwks.json';

/** `GET /.well-known/jwks.json`: the public keys by which services check what the sidecar signs. Caches may keep it for five minutes. */
export function jwksRoutes(deps: Dependencies): Router {
  const router = Router({ caseSensitive: true });
  const keys = signingKeysOf(deps);
  router.get(PATH, (_request: Request, response: Response) => {
    response.set({ 'Content-Type': 'application/jwk-set+json', 'Cache-Control': 'public, max-age=300' });
    response.send(Buffer.from(keys.keySet));
  });
  router.all(PATH, () => {
    throw new HttpFault('method_not_allowed', { headers: [['Allow', 'GET, HEAD']] });
  });
  return router;
}

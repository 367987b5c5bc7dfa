/**
 * Who may manage keys: the product's admins, by their own token. The sidecar checks it by the gateway's policies, and believes no header
 * that a gateway may have set: whoever reaches it past the gateway is nobody here.
 */
import { Chain, createLink, jwtAuth, permissions } from '@gatehouse/plugins';
import { RequestContext } from '@gatehouse/policy';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Dependencies } from '../dependencies.js';
import { RequestFacts } from '../http/request-facts.js';

/** The product's own token, as its kong.yml has it. */
const tokenOf = (secret: string): object => ({
  algorithms: ['HS256'],
  keys: [{ secret }],
  claims: { subject: 'userId', plan: 'subscriptionPlan' },
  revocation: true,
});

const adminsOnly = { rules: [{ allow: [{ roles: { any: ['admin'] } }] }] };

/** The admin who asks, behind `adminsOf`. */
export const actorOf = (response: Response): string => String(response.locals['actor']);

/**
 * Middleware that lets admins pass: 401, 403 and, when nobody can know whether a token was withdrawn, 503 for all others.
 * @param secret where the secret of the product's tokens is (`env:…`)
 * @throws ConfigError when it can't be read
 */
export function adminsOf(deps: Dependencies, system: string, secret: string): RequestHandler {
  const effects = { ...deps, revocationFeedOf: (of: string) => deps.stores(of).revocations };
  const links = [createLink(jwtAuth, tokenOf(secret), effects, system), createLink(permissions, adminsOnly, effects, system)];
  const chain = new Chain(links, { system }, deps);
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const context = new RequestContext();
    const now = deps.now();
    const verdict = await chain.run(new RequestFacts(request, system, now), context, now);
    if (verdict.kind === 'pass' && context.identity !== null) {
      response.locals['actor'] = context.identity.subject;
      return next();
    }
    const { status, headers, body } = verdict.kind === 'reply' ? verdict : { status: 503, headers: [], body: '' };
    response.status(status).set('Cache-Control', 'no-store');
    for (const [name, value] of headers) response.set(name, value);
    response.send(Buffer.from(body));
  };
}

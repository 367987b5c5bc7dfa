/** Cross-site request forgery: who may use what a browser sends along by itself. */
import type { Request } from 'express';
import type { OidcSettings } from '../settings.js';
import { HttpFault } from './fault.js';

type OriginRules = Pick<OidcSettings, 'origins' | 'sameSite'>;

const refused = (why: string): HttpFault => new HttpFault('forbidden', { message: 'Origin not allowed' }, why);

/** Whether the request comes from a page or a browser's navigation: only browsers send these, and no page can change them. */
export function isBrowser(request: Request): boolean {
  return request.get('origin') !== undefined || request.get('sec-fetch-site') !== undefined;
}

/**
 * Refuses what another site's page had the browser send. Without an Origin there is nothing to refuse: no browser.
 * @throws HttpFault 403
 */
export function refuseForeignOrigin(request: Request, { origins, sameSite }: OriginRules): void {
  const origin = request.get('origin');
  if (origin !== undefined && !origins.includes(origin)) throw refused('the Origin is not allowed');
  // Where cookies are for cross-site use at all, the Origin alone decides.
  if (sameSite !== 'none' && request.get('sec-fetch-site') === 'cross-site') throw refused('Sec-Fetch-Site is cross-site');
}

/**
 * For what a cookie allows: an Origin that CORS allows must be there.
 * @throws HttpFault 403
 */
export function requireOrigin(request: Request, rules: OriginRules): void {
  if (request.get('origin') === undefined) throw refused('a cookie needs an Origin beside it');
  refuseForeignOrigin(request, rules);
}

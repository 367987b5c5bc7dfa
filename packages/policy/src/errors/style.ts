/** How a system words and shapes its errors. */
import type { ErrorCode } from './codes.js';

export const errorFormats = ['nest', 'envelope', 'plain', 'problem'] as const;
/** `nest`: NestJS; `envelope`: `{ error: { code, message } }`; `plain`: `{ error }`; `problem`: RFC 9457. */
export type ErrorFormat = (typeof errorFormats)[number];

export interface ErrorStyle {
  readonly format: ErrorFormat;
  /** What the system says instead of a code's own words. */
  readonly messages: Readonly<Partial<Record<ErrorCode, string>>>;
  /** The protection space in WWW-Authenticate (RFC 9110 section 11.5): visible ASCII without quotes. */
  readonly realm: string;
}

const gongbu = {
  token_missing: 'Token required',
  token_invalid: 'Invalid token',
  token_expired: 'Invalid token',
};

const interview = {
  token_missing: 'Unauthorized',
  token_invalid: 'Unauthorized',
  token_revoked: 'Unauthorized',
  key_invalid: 'Unauthorized',
  signature_invalid: 'Unauthorized',
};

const healthpay = { rate_limited: 'Too many requests. Please try again later.' };

const freelance = { rate_limited: 'Rate limit exceeded' };

const systems: Readonly<Record<string, Omit<ErrorStyle, 'realm'>>> = {
  gongbu: { format: 'nest', messages: gongbu },
  interview: { format: 'nest', messages: interview },
  learning: { format: 'problem', messages: {} },
  healthpay: { format: 'envelope', messages: healthpay },
  freelance: { format: 'plain', messages: freelance },
};

const REALM = /^[a-z0-9-]{1,64}$/;

/**
 * A system's style. One that is not known (or none) gets problem details.
 * @param format overrides the system's own
 */
export function errorStyle(system: string, format?: ErrorFormat): ErrorStyle {
  const known = Object.hasOwn(systems, system) ? systems[system]! : { format: 'problem' as const, messages: {} };
  return { ...known, format: format ?? known.format, realm: REALM.test(system) ? system : 'gateway' };
}

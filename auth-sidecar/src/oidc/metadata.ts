/** Reads what a provider says about itself (OpenID Connect Discovery 1.0 section 3). */
import type { ServerMetadata } from 'openid-client';
import { z } from 'zod';

const address = z
  .string()
  .max(2000)
  .regex(/^https?:\/\/[^\s#]+$/);

const shape = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: address,
  token_endpoint: address,
  jwks_uri: address,
  end_session_endpoint: address.optional(),
  revocation_endpoint: address.optional(),
  userinfo_endpoint: address.optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});

/** What is fetched, or is sent secrets. */
const ADDRESSES = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'end_session_endpoint',
  'revocation_endpoint',
  'userinfo_endpoint',
] as const;

/** The document can't be used; the message says why. */
export class MetadataError extends Error {
  readonly code = 'PROVIDER_METADATA';
}

/**
 * @param text of the discovery document
 * @throws MetadataError when it is another issuer's (mix-up, RFC 8414 section 3.3), misses what sign-in needs, or leaves TLS
 */
export function parseMetadata(text: string, issuer: string): ServerMetadata & z.infer<typeof shape> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new MetadataError('the discovery document is no JSON');
  }
  const read = shape.safeParse(json);
  if (!read.success) throw new MetadataError(`the discovery document lacks ${read.error.issues[0]?.path.join('.') ?? 'members'}`);
  if (read.data.issuer !== issuer) throw new MetadataError('the discovery document is another issuer’s');
  const open = issuer.startsWith('https:') ? ADDRESSES.find((name) => read.data[name]?.startsWith('http:')) : undefined;
  if (open !== undefined) throw new MetadataError(`the discovery document’s ${open} is not https, though the issuer is`);
  return read.data as ServerMetadata & z.infer<typeof shape>;
}

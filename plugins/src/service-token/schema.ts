import { headerName, policySchema, secretReference } from '@gatehouse/policy';
import { z } from 'zod';

/** Configuration of `service-token`. */
export const schema = policySchema({
  key: secretReference().describe('Private key (PEM or JWK): EC P-256, P-384, P-521, Ed25519, or RSA of at least 2048 bits'),
  retired: z
    .array(secretReference())
    .max(10)
    .default([])
    .describe('Public keys that stay in the key set: the next one before a rotation, the last one for a token’s life after it'),
  issuer: z.string().min(1).max(200).describe('`iss`: what services know this gateway by'),
  audience: z.string().min(1).max(200).optional().describe('`aud`. Default: the name of the service'),
  ttl_seconds: z.int().min(10).max(3600).default(60).describe('How long a token is good; one is used for half of it'),
  header: headerName().default('X-Service-Token').describe('Where the service gets it; what a client sent there is removed'),
  serve_jwks: z.boolean().default(false).describe('Answer this route with the key set that services check tokens by'),
});

export type Config = z.infer<typeof schema>;

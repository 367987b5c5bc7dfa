import { headerName, policySchema, secretReference } from '@gatehouse/policy';
import { z } from 'zod';

/** Signature algorithms (RFC 7518 section 3.1, RFC 8037). */
export const algorithms = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

/** Keys that are tried for one token: a flood of tokens must not cost many signature checks each. */
export const KEYS_TRIED_MAX = 5;

const word = z.string().min(1).max(200);
const webUrl = z.string().regex(/^https?:\/\/[^\s]{1,1000}$/, 'must be an http or https address');
const claimPath = (standard: string, what: string) => word.default(standard).describe(`${what} Dots go into objects`);

const key = z.strictObject({
  kid: word.optional().describe('Only for tokens that name this key; without it, for every token'),
  secret: secretReference().optional().describe('HS: the shared secret'),
  public_key: secretReference().optional().describe('RS, PS, ES, EdDSA: a public key or certificate (PEM), or a JWK'),
  algorithm: z.enum(algorithms).optional().describe('The one algorithm that this key is for. Default: every listed one that fits it'),
});

const jwks = z
  .strictObject({
    url: webUrl.optional().describe('Where the key set is'),
    discover: webUrl.optional().describe('An issuer whose OpenID discovery document says where the key set is'),
    refresh_seconds: z.int().min(10).max(86_400).default(300).describe('The set is fetched again in the background after this time'),
    cooldown_seconds: z
      .int()
      .min(1)
      .max(3600)
      .default(30)
      .describe('An unknown `kid` or a failure leads to at most one fetch in this time'),
    max_stale_seconds: z.int().min(60).max(604_800).default(86_400).describe('How long the last good set is used when no other can be had'),
    timeout_ms: z.int().min(50).max(30_000).default(3000).describe('For one fetch'),
  })
  .optional()
  .describe('Keys of an identity provider');

const token = z
  .strictObject({
    header: headerName().default('Authorization').describe('`Authorization` holds `Bearer TOKEN`, any other header the token alone'),
    cookie: word.optional().describe('Name of a cookie that may hold the token'),
    cookie_origins: z
      .array(word)
      .max(100)
      .default([])
      .describe('A token from a cookie is only good for an unsafe method when Origin is one of these'),
    strip_cookies: z
      .array(z.string().regex(/^[^\s;=*]{1,200}\*?$/, 'must be the name of a cookie, or its beginning and `*`'))
      .max(20)
      .default([])
      .describe('Cookies that the service never sees, such as those of the sign-in; a name, or the beginning of names and `*`'),
    query: word.optional().describe('Name of a query parameter that may hold the token; the service never sees it'),
    forward: z
      .enum(['keep', 'drop', 'bearer'])
      .default('keep')
      .describe('`keep`: the service gets what the client sent; `drop`: the header is removed; `bearer`: always `Authorization: Bearer`'),
  })
  .prefault({})
  .describe('Where the token is; the first place that has one counts');

const claims = z
  .strictObject({
    subject: claimPath('sub', 'The user.'),
    email: claimPath('email', ''),
    roles: claimPath('role', 'One role, or a list.'),
    permissions: claimPath('permissions', 'A list.'),
    scopes: claimPath('scope', 'A list, or words in one text.'),
    plan: claimPath('plan', ''),
    session: claimPath('sid', 'The session, for revocation.'),
    token_id: claimPath('jti', 'The token, for revocation.'),
  })
  .prefault({})
  .describe('Which claims say who somebody is');

/** Configuration of `jwt-auth`. */
export const schema = policySchema({
  algorithms: z.array(z.enum(algorithms)).min(1).max(13).describe('What a token may be signed with; nothing else is ever tried'),
  keys: z.array(key).max(20).default([]).describe('Static keys: list the old and the new one during a rotation'),
  jwks,
  issuers: z.array(word).max(20).default([]).describe('`iss` must be one of these; none = not checked'),
  audiences: z.array(word).max(20).default([]).describe('`aud` must hold one of these; none = not checked'),
  clock_skew_seconds: z.int().min(0).max(300).default(5).describe('How far clocks may differ'),
  max_lifetime_seconds: z.int().min(1).max(31_536_000).optional().describe('Longest `exp` − `iat`; makes `iat` required'),
  required_claims: z.array(word).max(50).default([]).describe('Claims that must be there, beside `exp` and the subject'),
  claim_values: z.record(word, word).optional().describe('Claims that must have this value, such as `typ: Bearer` against ID tokens'),
  types: z
    .array(word)
    .max(10)
    .default(['JWT', 'at+jwt'])
    .describe('Values of the `typ` header that are taken, without case; absent is taken too'),
  token,
  claims,
  optional: z.boolean().default(false).describe('Public routes: no token passes, and one that is not good counts as none'),
  revocation: z.boolean().default(false).describe('Refuse sessions, tokens and users that were revoked; 503 when that can not be known'),
  cache_size: z.int().min(0).max(1_000_000).default(10_000).describe('Verified tokens that are remembered until they expire'),
}).superRefine((config, context) => {
  const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (config.keys.length === 0 && !config.jwks) complain(['keys'], 'keys or jwks is required');
  if (config.keys.filter(({ kid }) => kid === undefined).length > KEYS_TRIED_MAX)
    complain(['keys'], `at most ${KEYS_TRIED_MAX} keys may be without a kid: no more are tried for one token`);
  if (config.jwks && (config.jwks.url === undefined) === (config.jwks.discover === undefined))
    complain(['jwks', 'url'], 'exactly one of url and discover is required');
  for (const [i, { secret, public_key }] of config.keys.entries()) {
    if ((secret === undefined) === (public_key === undefined))
      complain(['keys', i, 'secret'], 'exactly one of secret and public_key is required');
  }
});

export type Config = z.infer<typeof schema>;
export type Algorithm = (typeof algorithms)[number];

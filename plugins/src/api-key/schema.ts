import { headerName, policySchema, secretReference } from '@gatehouse/policy';
import { z } from 'zod';

/** Configuration of `api-key`. */
export const schema = policySchema({
  header: headerName().default('X-API-Key').describe('Holds `id.secret`; the service never sees it'),
  peppers: z
    .array(secretReference())
    .min(1)
    .max(5)
    .default(['env:API_KEY_PEPPER'])
    .describe('Secrets of the keyed hash. The first one makes new hashes; the others are of before a rotation'),
  optional: z
    .boolean()
    .default(true)
    .describe('Let requests with no key pass, for routes that take a token as well; a bad key is always 401'),
  cache_seconds: z
    .int()
    .min(0)
    .max(3600)
    .default(30)
    .describe('How long a key’s record is trusted without asking the store. A change on any node is heard of within a second besides'),
});

export type Config = z.infer<typeof schema>;

import { headerName, policySchema, secretReference } from '@gatehouse/policy';
import { z } from 'zod';

const seconds = (max: number) => z.int().min(1).max(max);

const key = z.strictObject({
  id: z
    .string()
    .regex(/^[!-~]{1,128}$/, 'must be visible ASCII')
    .optional()
    .describe('`hmac`: the `keyid` that clients name. Elsewhere only for logs'),
  secret: secretReference().describe(
    'Fawry: secure key. Paymob: HMAC secret. Standard Webhooks: `whsec_…` or, for v1a, `whpk_…`. `hmac`: at least 32 bytes',
  ),
});

/** Configuration of `signature`. */
export const schema = policySchema({
  scheme: z.enum(['fawry', 'paymob', 'standard-webhooks', 'hmac']).describe('How requests are signed'),
  keys: z.array(key).min(1).max(20).describe('Any of these may have signed: list the old and the new one during a rotation'),
  optional: z.boolean().default(false).describe('Let requests with no signature pass; one that is there must be good'),
  tolerance_seconds: seconds(86_400)
    .default(300)
    .describe('`standard-webhooks`, `hmac`: how far a time may be from the gateway’s, either way'),
  headers: z
    .array(headerName())
    .max(20)
    .default([])
    .describe('`hmac`: header fields, beside `date` and `content-digest`, that a signature must cover'),
  max_body_bytes: z.int().min(1).max(104_857_600).default(1_048_576).describe('Larger bodies are refused with 413'),
  replay: z
    .strictObject({
      pending_seconds: seconds(3600).default(120).describe('How long an event counts as on its way when nobody says what became of it'),
      delivered_seconds: seconds(31_536_000).default(604_800).describe('How long a delivered event is remembered'),
    })
    .prefault({})
    .describe('Events that come again'),
});

export type Config = z.infer<typeof schema>;

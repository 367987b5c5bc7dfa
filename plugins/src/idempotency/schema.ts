import { pathPattern, policySchema, redisFields } from '@gatehouse/policy';
import { z } from 'zod';

const MIB = 1_048_576;

/** Configuration of `idempotency`. */
export const schema = policySchema({
  methods: z
    .array(z.string().regex(/^[A-Z]{1,20}$/, 'must be an upper-case method'))
    .min(1)
    .max(20)
    .default(['POST'])
    .describe('Methods that honour Idempotency-Key; with others it is only forwarded'),
  paths: z.array(pathPattern()).max(100).default([]).describe('Patterns such as `/v2/payments`; none = every path of the route'),
  required: z.boolean().default(false).describe('Refuse with 400 what comes without a key'),
  keep_seconds: z
    .int()
    .min(1)
    .max(30 * 86_400)
    .default(86_400)
    .describe('How long the first answer is given again, and how long a lost outcome stays 409'),
  max_body_bytes: z.int().min(1).max(MIB).default(MIB).describe('Largest body; a larger one is 413'),
  max_answer_bytes: z.int().min(1).max(MIB).default(MIB).describe('Largest answer that is kept; the replay of a larger one is 409'),
  redis: redisFields(),
});

export type Config = z.infer<typeof schema>;

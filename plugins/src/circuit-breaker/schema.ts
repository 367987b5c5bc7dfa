import { policySchema, redisFields } from '@gatehouse/policy';
import { z } from 'zod';

const DAY_MS = 24 * 3600 * 1000;

/** Configuration of `circuit-breaker`. */
export const schema = policySchema({
  service: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be letters, digits, dots, dashes')
    .optional()
    .describe("What the breaker is called by operators and in metrics; routes that name the same share it. Default: the service's name"),
  message: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe('What a refusal says, such as "course-service temporarily unavailable". Default: the words of the system'),
  error_percent: z.int().min(1).max(100).default(50).describe('Opens when at least so many of the answers in the window failed'),
  minimum_requests: z.int().min(1).max(100_000).default(10).describe('… of at least so many answers'),
  window_seconds: z.int().min(1).max(3600).default(30).describe('… in so many seconds'),
  consecutive_failures: z.int().min(0).max(100_000).default(0).describe('Opens after so many failures in a row as well; 0: never for that'),
  reset_ms: z.int().min(100).max(DAY_MS).default(30_000).describe('How long it stays open before one request may try the service'),
  probe_ms: z
    .int()
    .min(100)
    .max(DAY_MS)
    .default(60_000)
    .describe("How long that one request may take before another may try; more than the service's time-out"),
  redis: redisFields(),
});

export type Config = z.infer<typeof schema>;

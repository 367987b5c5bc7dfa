import { policySchema } from '@gatehouse/policy';
import { z } from 'zod';

export const healthFormats = ['gongbu', 'interview', 'learning', 'healthpay', 'freelance'] as const;

/** One address, or several targets of one service with commas between them. */
const addresses = z
  .string()
  .max(4000)
  .refine(
    (text) => {
      const list = text.split(',').map((address) => address.trim());
      return list.length <= 50 && list.every((address) => /^https?:\/\/[^\s/?#]+[^\s]*$/.test(address) && URL.canParse(address));
    },
    { message: 'must be http or https addresses, with commas between several' },
  );

const service = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be letters, digits, dashes and underscores')
    .describe('As it stands in the answer and in metrics'),
  kind: z.enum(['http', 'redis']).default('http').describe('`redis`: the gateway’s own Redis answers PING'),
  url: addresses.optional().describe('Where the service is; with several targets one that is up is enough'),
  path: z
    .string()
    .regex(/^\/[!-~]{0,500}$/, 'must start with /')
    .default('/health')
    .describe('What is asked for there; any 2xx is up'),
});

/** Configuration of `service-health`. */
export const schema = policySchema({
  format: z.enum(healthFormats).describe('Whose form the answer has'),
  services: z.array(service).min(1).max(50).describe('What is checked'),
  version: z.string().max(50).default('1.0.0').describe('`healthpay`: what the answer says of itself'),
  interval_seconds: z.int().min(1).max(300).default(10).describe('Between two rounds of checks'),
  timeout_ms: z.int().min(50).max(30_000).default(2000).describe('Of one check'),
}).superRefine((config, context) => {
  for (const [i, { kind, url }] of config.services.entries()) {
    if (kind === 'http' && url === undefined) context.addIssue({ code: 'custom', path: ['services', i, 'url'], message: 'is required' });
  }
  if (config.timeout_ms > config.interval_seconds * 1000) {
    context.addIssue({ code: 'custom', path: ['timeout_ms'], message: 'must not be longer than interval_seconds' });
  }
});

export type Config = z.infer<typeof schema>;

import { policySchema } from '@gatehouse/policy';
import { z } from 'zod';

export const metricFormats = ['gongbu', 'interview', 'learning', 'healthpay', 'freelance', 'canonical'] as const;

/** Addresses that are never on the public Internet (RFC 1918, 4193, 5735, 4291). */
export const privateBlocks = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
] as const;

const block = z.string().regex(/^[0-9a-fA-F.:]{2,45}\/\d{1,3}$/, 'must be a block such as 10.0.0.0/8');

const log = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Write one JSON line per request'),
    service: z.string().min(1).max(64).default('gateway').describe('`service` in the line'),
  })
  .prefault({})
  .describe('The access log');

/** Configuration of `telemetry`. */
export const schema = policySchema({
  format: z.enum(metricFormats).default('canonical').describe('Whose metric names `/metrics` has'),
  serve: z.boolean().default(false).describe('Answer this route with the metrics'),
  canonical: z.boolean().default(true).describe('Beside the system’s own names, the canonical ones (`gatehouse_…`) of this system'),
  allow: z
    .array(block)
    .min(1)
    .max(100)
    .default([...privateBlocks])
    .describe('Who may read them; anybody else is 403'),
  versions: z
    .array(z.string().min(1).max(32))
    .max(20)
    .default([])
    .describe('First path segments that are versions of the API, for the label `version`'),
  ip_labels: z.int().min(1).max(1000).default(100).describe('Distinct addresses in a metric; further ones are counted as `other`'),
  top_ips: z.int().min(0).max(100).default(20).describe('How many of the busiest addresses `freelance` shows'),
  log,
});

export type Config = z.infer<typeof schema>;

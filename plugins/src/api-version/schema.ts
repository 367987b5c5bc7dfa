import { headerName, policySchema } from '@gatehouse/policy';
import { z } from 'zod';

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, 'must be letters, digits, dots and dashes');

const moment = (what: string) =>
  z
    .string()
    .max(40)
    .refine(
      (text) => /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text) && !Number.isNaN(Date.parse(text)),
      {
        message: 'must be a date such as 2027-01-31 or 2027-01-31T00:00:00Z',
      },
    )
    .optional()
    .describe(what);

const link = z
  .string()
  .regex(/^(https?:\/\/|\/)[!-~]{0,500}$/, 'must be an address or a path')
  .refine((text) => !/[<>"]/.test(text), 'must not hold <, > or "');

const version = z.strictObject({
  name: name.describe('As it stands in the path, header or query'),
  deprecated_at: moment('Since when (or from when on) it is deprecated: `Deprecation` (RFC 9745)'),
  sunset_at: moment('When it ends: `Sunset` (RFC 8594)'),
  deprecation_link: link.optional().describe('What to read about it: `Link` with `rel="deprecation"`'),
  successor_link: link.optional().describe('What comes after it: `Link` with `rel="successor-version"`'),
  after_sunset: z.enum(['serve', 'gone']).default('serve').describe('Past its end: go on, or 410'),
});

/** Configuration of `api-version`. */
export const schema = policySchema({
  source: z.enum(['path', 'header', 'query']).default('path').describe('Where a request says its version; `path`: the first segment'),
  parameter: headerName().default('X-API-Version').describe('Name of the header or query parameter'),
  versions: z.array(version).min(1).max(50).describe('The versions that there are'),
  default: name.optional().describe('For requests that say none; without it they are 400 (in a path: 404)'),
  upstream_header: headerName().optional().describe('Tells the service which version was meant'),
}).superRefine((config, context) => {
  const names = config.versions.map((entry) => entry.name);
  for (const [i, found] of names.entries()) {
    if (names.indexOf(found) !== i) context.addIssue({ code: 'custom', path: ['versions', i, 'name'], message: 'stands twice' });
  }
  if (config.default !== undefined && !names.includes(config.default)) {
    context.addIssue({ code: 'custom', path: ['default'], message: 'must be one of the versions' });
  }
  for (const [i, { deprecated_at: since, sunset_at: end }] of config.versions.entries()) {
    if (since !== undefined && end !== undefined && Date.parse(end) < Date.parse(since)) {
      context.addIssue({
        code: 'custom',
        path: ['versions', i, 'sunset_at'],
        message: 'must not be before deprecated_at (RFC 9745 section 4)',
      });
    }
  }
});

export type Config = z.infer<typeof schema>;

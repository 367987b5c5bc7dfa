/** Fields that every policy's configuration has. */
import { z } from 'zod';
import { errorFormats } from '../errors/style.js';
import { pathPatternFault } from '../http/path-pattern.js';

/** Largest of any list in a configuration, so that a slip of the hand can't eat the memory. */
export const LIST_MAX = 1000;

const common = {
  system: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes')
    .optional()
    .describe('Whose route it is: whose words errors have, and whose Redis keeps things. Default: the NAME of a tag `system-NAME`'),
  errors: z.enum(errorFormats).optional().describe("Form of error bodies. Default: the system's own, else RFC 9457 problem details."),
};

/** A policy's schema: its own fields and the common ones; anything else is refused. */
export function policySchema<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape & typeof common, z.core.$strict> {
  return z.strictObject({ ...shape, ...common });
}

const SECRET = /^(env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:\/.{1,1023})$/;

/** A field that names a secret; the value itself never stands in a configuration. */
export const secretReference = (): z.ZodString =>
  z.string().regex(SECRET, 'must be env:NAME or file:/path: a secret itself never stands in a configuration');

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;

/** A field that names a header (RFC 9110 token). */
export const headerName = (): z.ZodString => z.string().regex(HEADER_NAME, 'must be a header name');

/** A field that holds a pattern of paths (`/wallets/{id}`, `/courses/*`). */
export const pathPattern = (): z.ZodString =>
  z
    .string()
    .min(1)
    .max(500)
    .superRefine((text, context) => {
      const fault = pathPatternFault(text);
      if (fault !== null) context.addIssue({ code: 'custom', message: fault });
    });

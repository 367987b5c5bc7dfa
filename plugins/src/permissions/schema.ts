import { LIST_MAX, pathPattern, policySchema } from '@gatehouse/policy';
import { z } from 'zod';

const word = z.string().min(1).max(200);

const choice = (what: string) =>
  z
    .strictObject({
      any: z.array(word).max(100).default([]).describe(`At least one of these ${what}`),
      all: z.array(word).max(100).default([]).describe(`Every one of these ${what}`),
    })
    .optional()
    .describe(`${what[0]!.toUpperCase()}${what.slice(1)} that the caller must have`);

const owner = z
  .strictObject({
    param: word.describe("A {name} of the rule's path pattern, or a named capture of the route"),
    claim: word.describe('The claim that must equal it (or, for a list, hold it). Dots go into objects; `subject` is the caller'),
  })
  .optional()
  .describe('Ownership: a part of the path must be what the token says');

const body = z
  .strictObject({
    field: word.describe('A member of the JSON body; dots go into objects'),
    in: z.array(word).min(1).max(100).describe('What it must be: one of these, as text'),
  })
  .optional()
  .describe('What the body must say. A body that is no JSON object, or that parsers could read in two ways, says nothing');

const condition = z.strictObject({
  public: z.boolean().default(false).describe('Anybody, signed in or not'),
  authenticated: z.boolean().default(false).describe('Anybody who is signed in'),
  via: z.enum(['jwt', 'api-key']).optional().describe('How the caller must have proved who it is'),
  roles: choice('roles'),
  permissions: choice('permissions'),
  scopes: choice('scopes'),
  plans: z.array(word).max(100).default([]).describe('The plan must be one of these'),
  owner,
  body,
});

const rule = z.strictObject({
  methods: z
    .array(z.string().regex(/^[A-Z]{1,20}$/, 'must be an upper-case method'))
    .max(20)
    .default([])
    .describe('Methods that the rule is about; none = all. HEAD counts as GET'),
  paths: z
    .array(pathPattern())
    .max(100)
    .default([])
    .describe('Patterns such as `/wallets/{id}` or `/courses/*`; none = every path of the route'),
  allow: z
    .array(condition)
    .max(50)
    .default([])
    .describe('Who may pass: one of these must hold, with everything that it names. None, or one that names nothing, denies'),
});

/** Configuration of `permissions`. */
export const schema = policySchema({
  rules: z
    .array(rule)
    .min(1)
    .max(LIST_MAX)
    .describe('The first rule that is about a request decides; a request that none is about is denied'),
  max_body_bytes: z
    .int()
    .min(1)
    .max(104_857_600)
    .default(1_048_576)
    .describe('For conditions on the body: a larger one is refused with 413'),
});

export type Config = z.infer<typeof schema>;
export type Rule = z.infer<typeof rule>;
export type Condition = z.infer<typeof condition>;

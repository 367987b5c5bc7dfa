import { pathPattern, policySchema, redisFields } from '@gatehouse/policy';
import { z } from 'zod';

/** Windows of one route; each is one counter in Redis with every request. */
const WINDOWS_MAX = 30;
const PERIOD_MAX_S = 31 * 24 * 3600;
const PART = /^(ip|user|role|plan|key|session|route|service|method|host|(claim|header|query|body|capture):[^\s|]{1,200})$/;
const NEEDS_IDENTITY = /^(user|role|plan|key|session|claim:)/;

const word = z.string().min(1).max(200);

const windowFields = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be lower-case letters, digits, dots, dashes')
      .describe('Counters of one name are shared by all routes of a system'),
    limit: z.int().min(1).max(10_000_000).describe('Requests in a window'),
    seconds: z.int().min(1).max(PERIOD_MAX_S).optional().describe('Length of the window; this or `milliseconds`'),
    milliseconds: z
      .int()
      .min(1000)
      .max(PERIOD_MAX_S * 1000)
      .optional()
      .describe('Length of the window; this or `seconds`'),
    type: z
      .enum(['fixed', 'sliding'])
      .default('fixed')
      .describe('`sliding`: the window before counts by the part of it that is still inside'),
    by: z
      .array(
        z
          .string()
          .regex(
            PART,
            'must be ip, user, role, plan, key, session, route, service, method, host, or claim:, header:, query:, body:, capture: and a name',
          ),
      )
      .max(5)
      .default([])
      .describe('Who or what is counted; several are counted together. None: everybody in one counter'),
    count: z
      .enum(['always', 'anonymous', 'identified'])
      .default('always')
      .describe('Which requests: all, those with no verified identity (every 401 too), or those with one'),
    methods: z
      .array(z.string().regex(/^[A-Z]{1,20}$/, 'must be an upper-case method'))
      .max(20)
      .default([])
      .describe('Methods that the window is about; none = all. HEAD counts as GET'),
    paths: z.array(pathPattern()).max(100).default([]).describe('Patterns such as `/courses/*`; none = every path of the route'),
    roles: z.array(word).max(100).default([]).describe('Only callers with one of these roles'),
    plans: z.array(word).max(100).default([]).describe('Only callers with one of these plans'),
    group: word.optional().describe('Of the windows of one group only the first that is about a request counts: a role chooses its window'),
    failures_only: z
      .boolean()
      .default(false)
      .describe('A request that the service answers with 2xx or 3xx, or never got, is given back: guesses are counted, not use'),
    form: z
      .enum(['exact', 'lower', 'digits'])
      .default('exact')
      .describe('How values that a client wrote are compared: `digits` for phone numbers'),
    message: z.string().min(1).max(300).optional().describe("What a refusal says. Default: the system's words"),
  })
  .superRefine((window, context) => {
    if ((window.seconds === undefined) === (window.milliseconds === undefined)) {
      context.addIssue({ code: 'custom', path: ['seconds'], message: 'give either seconds or milliseconds' });
    }
    if (window.count === 'anonymous' && window.by.some((part) => NEEDS_IDENTITY.test(part))) {
      context.addIssue({ code: 'custom', path: ['by'], message: 'a window of anonymous requests can not count by identity' });
    }
  });

export type WindowConfig = z.infer<typeof windowFields>;

const windows = z
  .array(windowFields)
  .min(1)
  .max(WINDOWS_MAX)
  .superRefine((list, context) => {
    for (const [i, { name }] of list.entries()) {
      if (list.findIndex((other) => other.name === name) < i) {
        context.addIssue({ code: 'custom', path: [i, 'name'], message: `"${name}" stands twice` });
      }
    }
  });

const fields = {
  windows: windows.describe('All that are about a request must let it through; one that refuses counts it in none'),
  redis_down: z
    .enum(['local', 'closed', 'open'])
    .default('local')
    .describe('Without Redis: count in this node (limit ÷ nodes), refuse with 503, or let through'),
  nodes: z.int().min(1).max(1000).default(1).describe('Gateway processes that share the traffic, for counting without Redis'),
  ipv6_prefix: z.int().min(16).max(128).default(64).describe('Bits of an IPv6 address that count as one client'),
  headers: z.boolean().default(true).describe('Tell clients of their limits: X-RateLimit-*, RateLimit, RateLimit-Policy'),
  max_body_bytes: z.int().min(1).max(1_048_576).default(65_536).describe('Largest body that is read for `body:`; a larger one is 413'),
  redis: redisFields(),
};

/** Configuration of `redis-rate-limit`. */
export const schema = policySchema(fields);

const early = (window: WindowConfig): boolean =>
  window.count === 'identified' || window.roles.length + window.plans.length > 0 || window.by.some((part) => NEEDS_IDENTITY.test(part));

/** Configuration of `ip-rate-limit`: it stands before authentication, so its windows know nobody. */
export const earlySchema = policySchema({
  ...fields,
  windows: fields.windows.superRefine((list, context) => {
    for (const [i, window] of list.entries()) {
      if (early(window)) context.addIssue({ code: 'custom', path: [i], message: 'needs an identity: it belongs into redis-rate-limit' });
    }
  }),
});

export type Config = z.infer<typeof schema>;

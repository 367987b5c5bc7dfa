/** Policies and facts for tests of the lanes. */
import { type Decision, definePolicy, deny, type HeadOutcome, type Outcome, PASS, type Policy, policySchema } from '@gatehouse/policy';
import { fakeEffects } from '@gatehouse/policy/testing';
import { z } from 'zod';
import { ChainStore } from '../chain-store.js';

/** What a probe was told after its decision. */
export const told: (HeadOutcome | Outcome)[] = [];

/** Does what its configuration says: the decisions that lanes must carry, and the faults that they must survive. */
export const probe: Policy = definePolicy({
  name: 'probe',
  version: '1.0.0',
  priority: 1000,
  summary: 'For tests',
  schema: policySchema({ does: z.string(), body: z.int().default(0), outcome: z.boolean().default(false) }),
  deadlineMs: 100,
  needs: ({ body, outcome }) => ({ headers: ['x-probe'], body, ...(outcome ? { outcome: 'end' as const, answer: 100 } : {}) }),
  create: ({ does, body }) => ({
    decide: async (facts): Promise<Decision> => {
      switch (does) {
        case 'deny':
          return deny('forbidden');
        case 'throw':
          throw new Error('broken');
        case 'hang':
          return new Promise(() => undefined);
        case 'headers':
          return {
            kind: 'pass',
            setHeaders: [['X-Seen', facts.header('x-probe') ?? '']],
            removeHeaders: ['x-probe'],
            stripQuery: ['token'],
            responseHeaders: [['X-Wide', '\u0122"']],
          };
        case 'echo':
          return { kind: 'answer', status: 200, headers: [['Content-Type', 'x/y']], body: await facts.body(body) };
        default:
          return PASS;
      }
    },
    answered: (_facts, _context, head) => void told.push(head),
    outcome: (_facts, _context, outcome) => void told.push(outcome),
  }),
}) as Policy;

/** A store that knows the probe, and its effects. */
export function laneStore(): { store: ChainStore; effects: ReturnType<typeof fakeEffects> } {
  const effects = fakeEffects();
  return { store: new ChainStore(new Map([[probe.name, probe]]), effects), effects };
}

/** What stands beside a line of facts. */
export const STAMP = `1800000000000${'-'.repeat(55)}${'f'.repeat(32)}`;

/** A line of facts as the Lua writes it. */
export function factsLine(more: { url?: string; header?: string | null; body?: number; here?: boolean } = {}): string {
  const { url = '/a?b=1', header = null, body = 0, here = true } = more;
  const facts = ['gongbu', 'r', 's', 'http', 'h', body, body > 0, here, body, null, null, null];
  return JSON.stringify([...facts, 'GET', null, null, '10.0.0.1', url, [header]]);
}

/** A list of policies as a fused configuration has it. */
export const policiesText = (config: object): string => JSON.stringify([{ name: 'probe', config }]);

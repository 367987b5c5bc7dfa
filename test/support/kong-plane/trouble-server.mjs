// A policy server with one policy more: `trouble` refuses everybody, and does what its configuration says as long as a file is there.
// Runs what was compiled. KONG_PREFIX is where its sockets and the file are.
import fs from 'node:fs';
import path from 'node:path';
import { createRuntime, policies } from '@gatehouse/plugins';
import { definePolicy, deny, policySchema } from '@gatehouse/policy';
import { z } from 'zod';
import { PolicyServer } from '../../../plugins/dist/server/policy-server.js';

const prefix = process.env.KONG_PREFIX;
const file = path.join(prefix, 'trouble');
const kept = [];

const troubles = {
  throw: () => {
    throw new Error('trouble');
  },
  hang: () => new Promise(() => undefined),
  nothing: () => undefined,
  spin: () => {
    for (;;) kept.length = 0;
  },
  // Until the process has no memory left.
  grow: () => {
    for (;;) kept.push(new Array(1000).fill(kept.length));
  },
};

const trouble = definePolicy({
  name: 'trouble',
  version: '1.0.0',
  priority: 1000,
  summary: 'For tests',
  schema: policySchema({ does: z.enum(Object.keys(troubles)) }),
  deadlineMs: 100,
  needs: () => ({}),
  create: ({ does }) => ({ decide: () => (fs.existsSync(file) ? troubles[does]() : deny('token_missing')) }),
});

const runtime = createRuntime({ log: () => undefined, environment: process.env });
const server = new PolicyServer({
  policies: [...policies, trouble],
  effects: runtime.effects,
  pdkSockets: [path.join(prefix, 'gatehouse.sock')],
  directSockets: [path.join(prefix, 'gatehouse-1.sock')],
});
await server.start();
process.once('SIGTERM', () => server.drain(5000).then(() => process.exit(0)));
console.error('{"message":"ready"}');

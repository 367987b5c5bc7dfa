import { definePolicy } from '@gatehouse/policy';
import { create, needs } from './policy.js';
import { schema } from './schema.js';

export const permissions = definePolicy({
  name: 'permissions',
  version: '1.0.0',
  priority: 940,
  summary: 'May they: roles, permissions, scopes, plan, ownership and what the body says, per method and path',
  schema,
  // A body may be long in coming; all else is decided at once.
  deadlineMs: 120_000,
  needs,
  create,
});

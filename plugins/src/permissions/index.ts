import { definePolicy } from '@gatehouse/policy';
import { create, needs } from './policy.js';
import { schema } from './schema.js';

export const permissions = definePolicy({
  name: 'permissions',
  version: '1.0.0',
  priority: 940,
  summary: 'May they: roles, permissions, scopes, plan and ownership, per method and path',
  schema,
  deadlineMs: 100,
  needs,
  create,
});

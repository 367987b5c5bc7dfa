import { definePolicy } from '@gatehouse/policy';
import { create, needs } from './policy.js';
import { schema } from './schema.js';

export const apiVersion = definePolicy({
  name: 'api-version',
  version: '1.0.0',
  priority: 770,
  summary: 'Versions of an API, and notice of their end: Deprecation, Sunset, Link',
  schema,
  deadlineMs: 100,
  needs,
  create,
});

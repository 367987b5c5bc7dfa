import { definePolicy } from '@gatehouse/policy';
import { type BodyRules, checkBody, kindOf } from './body-check.js';
import { isListed, mediaType } from './media-type.js';
import { type BodyPlan, type Checks, create, needs } from './policy.js';
import { keyRule } from './rules.js';
import { type Config, schema } from './schema.js';
import { climbs, hasNul } from './url.js';

function bodyRules({ json, body }: Config): BodyRules {
  return {
    json: {
      maxDepth: json.max_depth,
      maxKeys: json.max_keys,
      maxItems: json.max_items,
      maxKeyLength: json.max_key_length,
      maxStringLength: json.max_string_length,
      duplicateKeys: json.duplicate_keys,
    },
    key: keyRule({ operators: body.operators, prototypeKeys: body.prototype_keys }),
  };
}

function checksFor(config: Config): Checks {
  const rules = bodyRules(config);
  const allowed = config.body.content_types;
  return {
    climbs,
    hasNul,
    bodyPlan(contentType): BodyPlan {
      const type = contentType === undefined ? null : mediaType(contentType);
      if (contentType !== undefined && type === null) return { kind: 'refuse', rule: 'content-type' };
      if (allowed.length > 0 && (type === null || !isListed(type.essence, allowed))) return { kind: 'refuse', rule: 'content-type' };
      const kind = kindOf(type);
      if (kind === null) return { kind: 'unread' };
      return { kind: 'read', judge: (bytes) => checkBody(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), kind, type, rules) };
    },
  };
}

export const sanitize = definePolicy({
  name: 'sanitize',
  version: '1.0.0',
  priority: 1950,
  summary: 'Refuses what no service should see, and bodies that are too large',
  schema,
  deadlineMs: 120_000,
  needs,
  create: (config: Config) => create(config, checksFor(config)),
});

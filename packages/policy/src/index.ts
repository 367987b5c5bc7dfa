export {
  ApiKeyChangedError,
  ApiKeyNotFoundError,
  ApiKeys,
  type ApiKeyTools,
  apiKeyOpens,
  type IssuedApiKey,
  type NewApiKey,
  OVERLAP_MAX_MS,
  parseApiKey,
} from './api-keys/api-keys.js';
export * from './breaker-store.js';
export { headerName, LIST_MAX, pathPattern, policySchema, secretReference } from './config/common.js';
export { type JsonSchema, jsonSchema } from './config/json-schema.js';
export { type KongField, type KongFields, kongFields } from './config/kong-schema.js';
export { type ParsedConfig, parseConfig } from './config/parse.js';
export { fieldTable, withFieldTable } from './config/readme-table.js';
export { type RedisFields, redisFields } from './config/redis.js';
export * from './decision.js';
export * from './effects.js';
export { codeForStatus, type ErrorCode, errorCodes } from './errors/codes.js';
export * from './errors/render.js';
export { type ErrorFormat, type ErrorStyle, errorFormats, errorStyle } from './errors/style.js';
export * from './facts.js';
export { cookieValues, withoutCookies } from './http/cookies.js';
export { headersByName } from './http/headers-by-name.js';
export { PathPattern, pathPatternFault, splitPath } from './http/path-pattern.js';
export { eachParameter, queryValues, withoutParameters } from './http/query.js';
export { traceIdOf } from './http/trace.js';
export * from './idempotency-store.js';
export * from './identity.js';
export { type JsonFault, type JsonLimits, type KeyRule, scanJson } from './json/scan.js';
export { strictJson } from './json/strict.js';
export { valueAt } from './json/value-at.js';
export * from './limit-store.js';
export * from './outcome.js';
export * from './policy.js';
export { isSecretName, isSensitive, REDACTED, redactPath, redactText, redactUrl } from './redact.js';
export * from './stores.js';

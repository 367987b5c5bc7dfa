export { type ApiKeyEffects, apiKey, MemoryApiKeyStore } from './api-key/index.js';
export { apiVersion } from './api-version/index.js';
export { Chain, type ChainEffects, type ChainLink, type ChainOptions, type Reply, type Verdict } from './chain.js';
export {
  type CircuitBreakerWorld,
  circuitBreaker,
  closeBreaker,
  openBreaker,
  showBreakers,
  UnknownBreakerError,
} from './circuit-breaker/index.js';
export { type IdempotencyWorld, idempotency } from './idempotency/index.js';
export { FetchError, type FetchText, fetchText, type JwtAuthEffects, jwtAuth, MemoryRevocationFeed } from './jwt-auth/index.js';
export { createLink, schemaOf } from './link.js';
export { permissions } from './permissions/index.js';
export { policies } from './policies.js';
export { ipRateLimit, type RedisRateLimitEffects, redisRateLimit, resetSubject } from './redis-rate-limit/index.js';
export { createRuntime, type Runtime, type RuntimeEffects, type RuntimeOptions } from './runtime/index.js';
export {
  RedisAwayError,
  RedisConnection,
  RedisDeadlineError,
  type RedisSettings,
  RedisSettingsError,
  redisSettings,
  type Script,
  script,
} from './runtime/redis/index.js';
export { isAbsentSecret } from './runtime/secrets.js';
export { sanitize } from './sanitize/index.js';
export { type HealthProbe, httpGet, type ServiceHealthEffects, serviceHealth } from './service-health/index.js';
export { retiredKey, type ServiceTokenEffects, serviceToken, type TokenSigner, tokenSigner } from './service-token/index.js';
export { MemoryReplayStore, type SignatureEffects, signature } from './signature/index.js';
export { Keys, memoryStores, redisStores, type StoreEffects, StoreProvider, type Stores } from './stores/index.js';
export {
  exposition,
  familiesOf,
  type MetricFamily,
  mergeFamilies,
  registryFamilies,
  type TelemetryEffects,
  telemetry,
} from './telemetry/index.js';

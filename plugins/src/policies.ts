/** All policies, for whoever makes chains, schemas or documents of them. */
import type { Policy } from '@gatehouse/policy';
import { apiKey } from './api-key/index.js';
import { apiVersion } from './api-version/index.js';
import { circuitBreaker } from './circuit-breaker/index.js';
import { idempotency } from './idempotency/index.js';
import { ipRateLimit } from './ip-rate-limit/index.js';
import { jwtAuth } from './jwt-auth/index.js';
import { permissions } from './permissions/index.js';
import { redisRateLimit } from './redis-rate-limit/index.js';
import { sanitize } from './sanitize/index.js';
import { serviceHealth } from './service-health/index.js';
import { serviceToken } from './service-token/index.js';
import { signature } from './signature/index.js';
import { telemetry } from './telemetry/index.js';

/** By falling priority. */
export const policies: readonly Policy[] = [
  sanitize,
  ipRateLimit,
  signature,
  apiKey,
  jwtAuth,
  permissions,
  redisRateLimit,
  circuitBreaker,
  idempotency,
  serviceToken,
  apiVersion,
  serviceHealth,
  telemetry,
];

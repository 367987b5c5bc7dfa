/** All twins of Kong's bundled plugins and of our own Lua plugin, by name. */
import type { PluginTwin } from '../plugin.js';
import { acl } from './acl/index.js';
import { basicAuth } from './basic-auth/index.js';
import { botDetection } from './bot-detection/index.js';
import { correlationId } from './correlation-id/index.js';
import { cors } from './cors/index.js';
import { fileLog } from './file-log/index.js';
import { guard } from './guard/index.js';
import { hmacAuth } from './hmac-auth/index.js';
import { httpLog } from './http-log/index.js';
import { ipRestriction } from './ip-restriction/index.js';
import { jwt } from './jwt/index.js';
import { keyAuth } from './key-auth/index.js';
import { openTelemetry } from './opentelemetry/index.js';
import { prometheus } from './prometheus/index.js';
import { proxyCache } from './proxy-cache/index.js';
import { rateLimiting } from './rate-limiting/index.js';
import { redirect } from './redirect/index.js';
import { requestSizeLimiting } from './request-size-limiting/index.js';
import { requestTermination } from './request-termination/index.js';
import { requestTransformer } from './request-transformer/index.js';
import { responseRateLimiting } from './response-ratelimiting/index.js';
import { responseTransformer } from './response-transformer/index.js';
import { standardWebhooks } from './standard-webhooks/index.js';

const all: readonly PluginTwin[] = [
  acl,
  basicAuth,
  botDetection,
  correlationId,
  cors,
  fileLog,
  guard,
  hmacAuth,
  httpLog,
  ipRestriction,
  jwt,
  keyAuth,
  openTelemetry,
  prometheus,
  proxyCache,
  rateLimiting,
  redirect,
  requestSizeLimiting,
  requestTermination,
  requestTransformer,
  responseRateLimiting,
  responseTransformer,
  standardWebhooks,
];

/** What the data plane can run; a configuration that names another plugin is refused. */
export const twins: ReadonlyMap<string, PluginTwin> = new Map(all.map((twin) => [twin.name, twin]));

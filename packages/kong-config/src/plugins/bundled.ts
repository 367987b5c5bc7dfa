import type { PluginSchema } from '../schema/types.js';
import { acl } from './acl.js';
import { acme } from './acme.js';
import { aiPromptDecorator, aiPromptGuard, aiPromptTemplate } from './ai-prompts.js';
import { aiProxy } from './ai-proxy.js';
import { aiRequestTransformer, aiResponseTransformer } from './ai-transformers.js';
import { awsLambda } from './aws-lambda.js';
import { azureFunctions } from './azure-functions.js';
import { basicAuth } from './basic-auth.js';
import { botDetection } from './bot-detection.js';
import { correlationId } from './correlation-id.js';
import { cors } from './cors.js';
import { datadog } from './datadog.js';
import { fileLog } from './file-log.js';
import { postFunction, preFunction } from './functions.js';
import { grpcGateway } from './grpc-gateway.js';
import { grpcWeb } from './grpc-web.js';
import { hmacAuth } from './hmac-auth.js';
import { httpLog } from './http-log.js';
import { ipRestriction } from './ip-restriction.js';
import { jwt } from './jwt.js';
import { keyAuth } from './key-auth.js';
import { ldapAuth } from './ldap-auth.js';
import { loggly } from './loggly.js';
import { oauth2 } from './oauth2.js';
import { opentelemetry } from './opentelemetry.js';
import { prometheus } from './prometheus.js';
import { proxyCache } from './proxy-cache.js';
import { rateLimiting } from './rate-limiting.js';
import { redirect } from './redirect.js';
import { requestSizeLimiting } from './request-size-limiting.js';
import { requestTermination } from './request-termination.js';
import { requestTransformer } from './request-transformer.js';
import { responseRatelimiting } from './response-ratelimiting.js';
import { responseTransformer } from './response-transformer.js';
import { session } from './session.js';
import { standardWebhooks } from './standard-webhooks.js';
import { statsd } from './statsd.js';
import { syslog } from './syslog.js';
import { tcpLog } from './tcp-log.js';
import { udpLog } from './udp-log.js';
import { zipkin } from './zipkin.js';

/** The schemas of all plugins that come with Kong Gateway 3.9 (open source). */
export const bundledSchemas: readonly PluginSchema[] = [
  acl,
  acme,
  aiPromptDecorator,
  aiPromptGuard,
  aiPromptTemplate,
  aiProxy,
  aiRequestTransformer,
  aiResponseTransformer,
  awsLambda,
  azureFunctions,
  basicAuth,
  botDetection,
  correlationId,
  cors,
  datadog,
  fileLog,
  grpcGateway,
  grpcWeb,
  hmacAuth,
  httpLog,
  ipRestriction,
  jwt,
  keyAuth,
  ldapAuth,
  loggly,
  oauth2,
  opentelemetry,
  postFunction,
  preFunction,
  prometheus,
  proxyCache,
  rateLimiting,
  redirect,
  requestSizeLimiting,
  requestTermination,
  requestTransformer,
  responseRatelimiting,
  responseTransformer,
  session,
  standardWebhooks,
  statsd,
  syslog,
  tcpLog,
  udpLog,
  zipkin,
];

export { type ApiKeyEffects, apiKey, MemoryApiKeyStore } from './api-key/index.js';
export { Chain, type ChainEffects, type ChainLink, type ChainOptions, type Reply, type Verdict } from './chain.js';
export { FetchError, type FetchText, fetchText, type JwtAuthEffects, jwtAuth, MemoryRevocationFeed } from './jwt-auth/index.js';
export { createLink, schemaOf } from './link.js';
export { permissions } from './permissions/index.js';
export { policies } from './policies.js';
export { createRuntime, type Runtime, type RuntimeOptions } from './runtime/index.js';
export { sanitize } from './sanitize/index.js';
export { MemoryReplayStore, type SignatureEffects, signature } from './signature/index.js';

export { ipRateLimit } from '../redis-rate-limit/index.js';

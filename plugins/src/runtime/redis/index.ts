export { BACKGROUND_DEADLINE_MS, RedisConnection, type RedisEffects } from './connection.js';
export { RedisAwayError, RedisDeadlineError } from './errors.js';
export { type Script, script } from './script.js';
export { COMMAND_DEADLINE_MS, type RedisSettings, RedisSettingsError, redisSettings } from './settings.js';

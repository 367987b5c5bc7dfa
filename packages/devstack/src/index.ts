export { type DevelopmentKey, developmentKey } from './development-key.js';
export { readSettings, type Settings, SettingsError, type Variables } from './settings.js';
export { type MadeToken, makeToken, type TokenMaker, TokenUsageError } from './token.js';

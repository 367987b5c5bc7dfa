export { ConfigurationError, Gateway, type GatewayOptions } from './gateway.js';
export { HeaderList } from './headers.js';
export type * from './plugin.js';
export { readSettings, type Settings, SettingsError } from './settings.js';
export type { KeyPair } from './tls/certificates.js';

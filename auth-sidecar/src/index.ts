/** Sign-in, refresh, logout, API keys, and events that are never lost. */
export type { Dependencies, SharedMemory } from './dependencies.js';
export { HttpFault } from './http/fault.js';
export { readSettings, type Settings, SettingsError } from './settings.js';
export { createSidecar, type Sidecar } from './sidecar.js';
export { createWorld, type World } from './world.js';

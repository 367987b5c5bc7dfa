export type { DoubleConfig, DoubleEntity, DoubleNamed, DoublePlugin } from './config.js';
export { KongDouble, type KongDoubleOptions } from './kong-double.js';
export { type LuaBody, type LuaExit, LuaWorker, type Operation, type PhaseCall, type PhaseResult, WorkerGoneError } from './lua-worker.js';
export { ManagedServer, type ManagedServerOptions, type PluginInfo, queryPlugin } from './plugin-server.js';

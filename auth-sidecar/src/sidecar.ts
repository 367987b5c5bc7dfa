/** The sidecar as a whole: its parts over their dependencies. */
import type { Express, Router } from 'express';
import { apiKeyRoutes } from './api-keys/routes.js';
import { createApp } from './app.js';
import type { Dependencies } from './dependencies.js';
import { healthRoutes } from './http/health.js';
import type { Settings } from './settings.js';
import { telegramRoutes } from './telegram/routes.js';
import { jwksRoutes } from './tokens/routes.js';
import type { World } from './world.js';

export interface Sidecar {
  readonly app: Express;
  /** Ends what runs in the background. */
  close(): Promise<void>;
}

/** @param draining whether the process is about to end */
export function createSidecar(
  deps: Dependencies,
  _settings: Settings,
  metrics: World['metrics'],
  draining: () => boolean,
  more: readonly Router[] = [],
): Sidecar {
  const health = healthRoutes(deps, [], draining);
  const routers = [health, telegramRoutes(deps), apiKeyRoutes(deps), jwksRoutes(deps), ...more];
  return { app: createApp(deps, { routers, metrics }), close: async () => undefined };
}

/** The sidecar as a whole: its parts over their dependencies. */
import type { Express, Router } from 'express';
import { createApp } from './app.js';
import type { Dependencies } from './dependencies.js';
import { healthRoutes } from './http/health.js';
import type { Settings } from './settings.js';
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
  return { app: createApp(deps, { routers: [health, ...more], metrics }), close: async () => undefined };
}

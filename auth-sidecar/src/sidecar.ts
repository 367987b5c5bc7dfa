/** The sidecar as a whole: its parts over their dependencies. */
import type { Express, Router } from 'express';
import { apiKeyRoutes } from './api-keys/routes.js';
import { createApp } from './app.js';
import type { Dependencies } from './dependencies.js';
import { type HealthCheck, healthRoutes } from './http/health.js';
import { assembleOidc } from './oidc/assemble.js';
import type { OidcParts } from './oidc/parts.js';
import { oidcRoutes } from './oidc/routes.js';
import type { Settings } from './settings.js';
import { telegramRoutes } from './telegram/routes.js';
import { jwksRoutes } from './tokens/routes.js';
import type { World } from './world.js';

export interface Sidecar {
  readonly app: Express;
  readonly oidc: OidcParts;
  /** Ends what runs in the background. */
  close(): Promise<void>;
}

/** What a sidecar may have beside its parts. */
export interface SidecarOptions {
  readonly metrics: World['metrics'];
  /** Whether the process is about to end. */
  draining(): boolean;
  readonly checks?: readonly HealthCheck[];
  /** Pages for development. */
  readonly pages?: readonly Router[];
}

/** @throws RedisSettingsError, SecretError for a Redis or a secret that is named wrongly */
export function createSidecar(deps: Dependencies, settings: Settings, options: SidecarOptions): Sidecar {
  const oidc = assembleOidc(deps, settings);
  const health = healthRoutes(deps, [...oidc.checks, ...(options.checks ?? [])], options.draining);
  const own = [health, oidcRoutes(oidc.parts), telegramRoutes(deps), apiKeyRoutes(deps), jwksRoutes(deps)];
  const app = createApp(deps, { routers: [...own, ...(options.pages ?? [])], metrics: options.metrics });
  return { app, oidc: oidc.parts, close: () => oidc.close() };
}

/** Whether the sidecar is alive, and what it has of those it needs. */
import { type Request, type Response, Router } from 'express';
import type { Dependencies } from '../dependencies.js';

/** One thing that is looked at. `up` never takes long: it tells what is known. */
export interface HealthCheck {
  readonly name: string;
  up(): boolean | Promise<boolean>;
}

/**
 * `/status` says that the process serves: for container checks. `/health` asks the checks: 503 when one is down, the process
 * serves all the same.
 * @param draining true once SIGTERM came: `/status` is 503 then, so that nobody sends more
 */
export function healthRoutes(deps: Pick<Dependencies, 'now'>, checks: readonly HealthCheck[], draining: () => boolean): Router {
  const router = Router({ caseSensitive: true });
  const startedAt = deps.now();
  router.get('/status', (_request: Request, response: Response) => {
    response.status(draining() ? 503 : 200).json({ status: draining() ? 'draining' : 'ok' });
  });
  router.get('/health', async (_request: Request, response: Response) => {
    const states = await Promise.all(checks.map(async ({ name, up }) => [name, (await settled(up)) ? 'healthy' : 'unhealthy'] as const));
    const ok = states.every(([, state]) => state === 'healthy');
    const now = deps.now();
    response.status(ok ? 200 : 503).json({
      status: ok ? 'ok' : 'error',
      timestamp: new Date(now).toISOString(),
      uptime: Math.floor((now - startedAt) / 1000),
      services: Object.fromEntries(states),
    });
  });
  return router;
}

async function settled(up: HealthCheck['up']): Promise<boolean> {
  try {
    return await up();
  } catch {
    return false;
  }
}

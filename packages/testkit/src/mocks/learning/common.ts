import type { Page } from '../../host/collection.js';
import type { Mock } from '../../host/mock.js';
import type { Routes } from '../../host/router.js';
import { problemFailure } from '../failure-forms.js';

/** A list as learning's services give it. */
export const learningPage = ({ items, page, limit, total }: Page): unknown => ({ items, page, pageSize: limit, total });

const health = (dependencies: readonly string[], uptimeSeconds: number): unknown => ({
  status: 'healthy',
  version: '2.4.1',
  uptime: uptimeSeconds,
  database: { status: 'up', engine: 'postgres', responseTime: 3, connections: { active: 4, idle: 6, max: 20 } },
  dependencies: Object.fromEntries(dependencies.map((name) => [name, { status: 'up', responseTime: 2 }])),
  resources: { cpuPercent: 7.5, memory: { usedBytes: 148_897_792, limitBytes: 536_870_912 }, disk: { usedPercent: 41 } },
});

/** A service of the learning platform, which reports its database, dependencies and resources. */
export function learningMock(routes: Routes, now: () => number, ...dependencies: readonly string[]): Mock {
  const startedAt = now();
  return { routes, health: () => health(dependencies, Math.floor((now() - startedAt) / 1000)), failure: problemFailure };
}

/** Times of a new thing. */
export const learningStamps = (now: number): { createdAt: string; updatedAt: string } => {
  const at = new Date(now).toISOString();
  return { createdAt: at, updatedAt: at };
};

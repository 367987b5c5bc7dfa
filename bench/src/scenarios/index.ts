import { BenchError } from '../errors.js';
import type { Scenario } from '../types.js';
import { bareProxy } from './bare-proxy.js';
import { freshTokens } from './fresh-tokens.js';
import { manyRoutes } from './many-routes.js';
import { protectedRoute } from './protected-route.js';

/** All scenarios, in the order of the result page. */
export const scenarios: readonly Scenario[] = [bareProxy, protectedRoute, freshTokens, manyRoutes];

/** Throws BenchError, naming those that exist, when there is none of that name. */
export function scenarioByName(name: string): Scenario {
  const found = scenarios.find((each) => each.name === name);
  if (!found) throw new BenchError(`there is no scenario "${name}"; there is: ${scenarios.map((each) => each.name).join(', ')}`);
  return found;
}

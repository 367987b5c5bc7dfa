/** How the services are, in each system's form, answered from the last round of checks. */
import { type Answer, deny, type MaybePromise, type PolicyInstance } from '@gatehouse/policy';
import type { Config } from './schema.js';

/** What the last check of a service found. */
export interface ServiceState {
  readonly name: string;
  readonly up: boolean;
  /** Milliseconds. */
  readonly responseMs: number;
  /** What the service says about its own parts, free of addresses; null when it says nothing. */
  readonly checks: Readonly<Record<string, unknown>> | null;
}

/** One round of checks. */
export interface HealthReport {
  /** Unix milliseconds at its end. */
  readonly at: number;
  readonly services: readonly ServiceState[];
}

export interface HealthBoard {
  /** The last report; a promise only before the first round is over. */
  report(): MaybePromise<HealthReport>;
}

export interface ServiceHealthTools {
  readonly board: HealthBoard;
  /** Seconds since the process began. */
  uptimeSeconds(): number;
}

type Members = Readonly<Record<string, unknown>>;
type Form = (report: HealthReport, healthy: boolean, config: Config, tools: ServiceHealthTools) => Members;

function perService(report: HealthReport, describe: (state: ServiceState) => unknown): Members {
  return Object.fromEntries(report.services.map((state) => [state.name, describe(state)]));
}

const timestamp = (report: HealthReport): string => new Date(report.at).toISOString();
const okOrError = (healthy: boolean): string => (healthy ? 'ok' : 'error');
const healthyOrNot = (healthy: boolean): string => (healthy ? 'healthy' : 'unhealthy');
const upOrDown = ({ up }: ServiceState): string => (up ? 'up' : 'down');
const milliseconds = ({ responseMs }: ServiceState): number => Math.round(responseMs * 10) / 10;

const forms: Readonly<Record<Config['format'], Form>> = {
  gongbu: (report, healthy) => ({ status: okOrError(healthy), timestamp: timestamp(report), services: perService(report, upOrDown) }),
  interview: (report, healthy, _config, tools) => ({
    status: okOrError(healthy),
    timestamp: timestamp(report),
    uptime: Math.floor(tools.uptimeSeconds()),
    services: perService(report, ({ up }) => healthyOrNot(up)),
  }),
  learning: (report, healthy) => ({
    status: healthyOrNot(healthy),
    timestamp: timestamp(report),
    services: perService(report, (state) => ({
      status: healthyOrNot(state.up),
      responseTime: milliseconds(state),
      ...(state.checks ? { checks: state.checks } : {}),
    })),
  }),
  healthpay: (report, healthy, { version }) => ({
    status: healthyOrNot(healthy),
    version,
    timestamp: timestamp(report),
    services: perService(report, upOrDown),
  }),
  freelance: (report, healthy) => ({
    status: healthyOrNot(healthy),
    timestamp: timestamp(report),
    services: perService(report, (state) => ({ status: healthyOrNot(state.up), response_time: milliseconds(state) })),
  }),
};

const HEADERS = [
  ['Content-Type', 'application/json; charset=utf-8'],
  ['Cache-Control', 'no-store'],
] as const;
const NOT_ALLOWED = Object.freeze(deny('method_not_allowed', { headers: [['Allow', 'GET, HEAD']] }));

/** The answer over its board; no effects. */
export function create(config: Config, tools: ServiceHealthTools): PolicyInstance {
  const form = forms[config.format];
  const answer = (report: HealthReport): Answer => {
    const healthy = report.services.every((state) => state.up);
    const body = JSON.stringify(form(report, healthy, config, tools));
    return { kind: 'answer', status: healthy ? 200 : 503, headers: HEADERS, body };
  };
  return {
    decide({ method }) {
      if (method !== 'GET' && method !== 'HEAD') return NOT_ALLOWED;
      const report = tools.board.report();
      return report instanceof Promise ? report.then(answer) : answer(report);
    },
  };
}

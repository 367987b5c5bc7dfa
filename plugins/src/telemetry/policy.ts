/** Counts and logs every request when it is over, and answers `/metrics`. */
import {
  type Decision,
  deny,
  type Facts,
  type MaybePromise,
  type Needs,
  type Outcome,
  PASS,
  type PolicyInstance,
  type RequestContext,
} from '@gatehouse/policy';
import type { Config } from './schema.js';

/** Where requests are counted. */
export interface Recorder {
  /** A request went to its service. */
  started(): void;
  /** One that started is over. */
  finished(): void;
  record(facts: Facts, outcome: Outcome): void;
}

export interface TelemetryTools {
  readonly recorder: Recorder;
  /** All metrics of the system, as Prometheus reads them. */
  page(): Promise<string>;
  isAllowed(address: string): boolean;
  /** Null when nothing is logged. */
  readonly writeLine: ((facts: Facts, context: RequestContext, outcome: Outcome, now: number) => void) | null;
}

const NOTE = 'telemetry';
const FORBIDDEN = Object.freeze(deny('forbidden'));
const NOT_ALLOWED = Object.freeze(deny('method_not_allowed', { headers: [['Allow', 'GET, HEAD']] }));
const HEADERS = [
  ['Content-Type', 'text/plain; version=0.0.4; charset=utf-8'],
  ['Cache-Control', 'no-store'],
] as const;

class Telemetry implements PolicyInstance {
  constructor(
    private readonly serve: boolean,
    private readonly tools: TelemetryTools,
  ) {}

  decide(facts: Facts, context: RequestContext): MaybePromise<Decision> {
    if (this.serve) return this.answer(facts);
    context.note(NOTE, true);
    this.tools.recorder.started();
    return PASS;
  }

  outcome(facts: Facts, context: RequestContext, outcome: Outcome, now: number): void {
    if (context.recall(NOTE) === true) {
      context.forget(NOTE);
      this.tools.recorder.finished();
    }
    this.tools.recorder.record(facts, outcome);
    this.tools.writeLine?.(facts, context, outcome, now);
  }

  private answer({ method, clientIp }: Facts): MaybePromise<Decision> {
    if (!this.tools.isAllowed(clientIp)) return FORBIDDEN;
    if (method !== 'GET' && method !== 'HEAD') return NOT_ALLOWED;
    return this.tools.page().then((body) => ({ kind: 'answer', status: 200, headers: HEADERS, body }));
  }
}

/** What counting will ask facts for. */
export function needs(): Needs {
  return { headers: ['x-request-id'], outcome: 'end' };
}

/** The policy over its tools. */
export function create(config: Config, tools: TelemetryTools): PolicyInstance {
  return new Telemetry(config.serve, tools);
}

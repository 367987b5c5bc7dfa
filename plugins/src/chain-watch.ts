/** Deadlines around policies' promises, and what kinds of failure there are. */
import type { BaseEffects, Decision, ErrorCode, MaybePromise } from '@gatehouse/policy';

/** Why a policy gave no decision; `body`: the client's body was at fault, not the policy. */
export type Failure =
  | { readonly kind: 'throw' | 'timeout' | 'invalid'; readonly error: string }
  | { readonly kind: 'body'; readonly code: ErrorCode };

/** A policy said nothing within its deadline. */
class DeadlineError extends Error {
  readonly code = 'POLICY_DEADLINE';
}

/** A policy's promise gave something that is no decision. */
class NoDecisionError extends Error {
  readonly code = 'POLICY_NO_DECISION';
}

const codeOf = (error: unknown): unknown => (typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined);

/** What a thrown value means. */
export function failureOf(error: unknown): Failure {
  const code = codeOf(error);
  if (code === 'BODY_TOO_LARGE') return { kind: 'body', code: 'payload_too_large' };
  if (code === 'BODY_UNREADABLE') {
    const late = typeof error === 'object' && error !== null && 'status' in error && error.status === 408;
    return { kind: 'body', code: late ? 'request_timeout' : 'bad_request' };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof DeadlineError) return { kind: 'timeout', error: error.message };
  return { kind: error instanceof NoDecisionError ? 'invalid' : 'throw', error: text };
}

export class Watch {
  private readonly failures: { add(labels: readonly string[]): void };

  constructor(private readonly effects: Pick<BaseEffects, 'metrics' | 'after' | 'cancel' | 'log'>) {
    this.failures = effects.metrics.counter({
      name: 'gatehouse_policy_failures_total',
      help: 'Requests refused because a policy gave no decision',
      labels: ['policy', 'failure'],
    });
  }

  count(policy: string, failure: string): void {
    this.failures.add([policy, failure]);
  }

  /** The promise's value, or a DeadlineError after `ms`. */
  within<T>(promise: Promise<T>, ms: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.effects.after(ms, () => reject(new DeadlineError(`no answer within ${ms} ms`)));
      promise.then(
        (value) => {
          this.effects.cancel(timer);
          resolve(value);
        },
        (error) => {
          this.effects.cancel(timer);
          reject(error);
        },
      );
    });
  }

  /** As `within`, for a decision; `late` is called when a pass comes after the deadline. */
  decision(promise: Promise<Decision>, ms: number, late: () => void): Promise<Decision> {
    let over = false;
    return new Promise((resolve, reject) => {
      const timer = this.effects.after(ms, () => {
        over = true;
        reject(new DeadlineError(`no decision within ${ms} ms`));
      });
      promise.then(
        (value) => {
          if (over) return void (value?.kind === 'pass' && late());
          this.effects.cancel(timer);
          if (isDecision(value)) resolve(value);
          else reject(new NoDecisionError('the promise gave no decision'));
        },
        (error) => {
          this.effects.cancel(timer);
          reject(error);
        },
      );
    });
  }

  /** Runs something whose result nobody waits for. */
  quietly(run: () => MaybePromise<unknown>): void {
    const failed = (error: unknown): void => this.effects.log('error', 'a policy failed after its decision', { error: String(error) });
    try {
      const result = run();
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

/** Whether a value is one of the three forms of a decision. */
export function isDecision(value: unknown): value is Decision {
  const kind = (value as Partial<Decision> | null | undefined)?.kind;
  return kind === 'pass' || kind === 'deny' || kind === 'answer';
}

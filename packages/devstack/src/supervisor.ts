/** Keeps the parts of the stack running, and ends them in order. */

/** One process of the stack. */
export interface Part {
  readonly name: string;
  /** Command line of bin/cli.mjs. */
  readonly args: readonly string[];
  /** Parts of a higher stage end before those of a lower one: what takes requests before what answers them. */
  readonly stage: number;
}

/** A process that was started. */
export interface Child {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Sends a signal; nothing happens once it has ended. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Tells once how it ended, in words (`with code 1`, `by SIGKILL`). */
  onExit(listener: (how: string) => void): void;
}

/** What the supervisor needs of the world. */
export interface SupervisorWorld {
  spawn(part: Part): Child;
  /** Runs something later; gives back how to call it off. */
  after(ms: number, run: () => void): () => void;
  /** Milliseconds on any steady clock. */
  now(): number;
  /** A line about a part. */
  say(part: Part, line: string): void;
}

/** A part ended before it was ready for the first time. */
export class PartFailedError extends Error {
  readonly code = 'DEVSTACK_PART_FAILED';

  constructor(
    readonly part: string,
    how: string,
  ) {
    super(`${part} ended ${how} before it was ready`);
  }
}

const RESTART_MIN_MS = 250;
const RESTART_MAX_MS = 30_000;
/** Who ran this long is taken to be well again: the next crash is its first. */
const STEADY_MS = 20_000;
const KILL_AFTER_MS = 35_000;

/** Pause before the n-th restart in a row (from 0): 250 ms, doubled each time, 30 s at most. */
export const restartDelayMs = (n: number): number => Math.min(RESTART_MAX_MS, RESTART_MIN_MS * 2 ** Math.min(n, 20));

interface Running {
  readonly part: Part;
  child: Child | undefined;
  wasReady: boolean;
  crashes: number;
  startedAt: number;
  cancelRestart: () => void;
  readonly exits: (() => void)[];
}

/** Starts parts, starts them again when they crash (slower each time), and ends them: SIGTERM, SIGKILL after 35 s. */
export class Supervisor {
  readonly #running = new Map<string, Running>();
  #stopping: Promise<void> | undefined;
  #reportFailure: (error: PartFailedError) => void = () => undefined;
  /** Rejects when a part ends before it was ready for the first time. */
  readonly failure: Promise<never>;

  constructor(private readonly world: SupervisorWorld) {
    this.failure = new Promise((_, reject) => {
      this.#reportFailure = reject;
    });
    // Whoever waits for readiness looks at it; without anyone it is no unhandled rejection.
    this.failure.catch(() => undefined);
  }

  /** Starts a part; nothing while the stack ends. */
  start(part: Part): void {
    if (this.#stopping !== undefined) return;
    const running: Running = {
      part,
      child: undefined,
      wasReady: false,
      crashes: 0,
      startedAt: 0,
      cancelRestart: () => undefined,
      exits: [],
    };
    this.#running.set(part.name, running);
    this.#spawn(running);
  }

  /** From now on a crash of the part is mended instead of ending everything. */
  markReady(part: string): void {
    const running = this.#running.get(part);
    if (running !== undefined) running.wasReady = true;
  }

  /** The process of a part; undefined while there is none. */
  pidOf(part: string): number | undefined {
    return this.#running.get(part)?.child?.pid;
  }

  /** Ends all parts, stage by stage; resolves when none is left. A second call waits for the first. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Ends all parts at once. */
  kill(): void {
    this.#stopping ??= Promise.resolve();
    for (const running of this.#running.values()) {
      running.cancelRestart();
      running.child?.kill('SIGKILL');
    }
  }

  async #stop(): Promise<void> {
    // Before the first await nothing may start again.
    await Promise.resolve();
    for (const running of this.#running.values()) running.cancelRestart();
    const cancel = this.world.after(KILL_AFTER_MS, () => this.kill());
    const stages = [...new Set([...this.#running.values()].map(({ part }) => part.stage))].sort((a, b) => b - a);
    for (const stage of stages) {
      const members = [...this.#running.values()].filter(({ part }) => part.stage === stage);
      await Promise.all(members.map((running) => this.#end(running)));
    }
    cancel();
  }

  #end(running: Running): Promise<void> {
    const { child } = running;
    if (child === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      running.exits.push(resolve);
      child.kill('SIGTERM');
    });
  }

  #spawn(running: Running): void {
    running.startedAt = this.world.now();
    const child = this.world.spawn(running.part);
    running.child = child;
    child.onExit((how) => this.#ended(running, how));
  }

  #ended(running: Running, how: string): void {
    running.child = undefined;
    for (const tell of running.exits.splice(0)) tell();
    if (this.#stopping !== undefined) return;
    if (!running.wasReady) {
      this.#reportFailure(new PartFailedError(running.part.name, how));
      return;
    }
    if (this.world.now() - running.startedAt >= STEADY_MS) running.crashes = 0;
    const delayMs = restartDelayMs(running.crashes);
    running.crashes += 1;
    this.world.say(running.part, `ended ${how}: starting it again in ${delayMs} ms`);
    running.cancelRestart = this.world.after(delayMs, () => this.#spawn(running));
  }
}

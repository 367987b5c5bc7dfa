import { z } from 'zod';

const MAX_FAULTS = 100;

/** A fault as PUT /__mock/faults takes it. Several of its effects may be combined; all fields are optional. */
export const faultSchema = z
  .strictObject({
    /** Only this target of the service. */
    port: z.int().min(1).max(65_535),
    /** Exact path, or a prefix that ends in `*`; every path by default, /health included. */
    path: z.string().min(1).max(1024),
    method: z
      .string()
      .max(20)
      .regex(/^[A-Za-z]+$/)
      .transform((method) => method.toUpperCase()),
    /** Wait before anything is answered. */
    delayMs: z.int().min(0).max(600_000),
    /** Answer this status and never ask the service. */
    status: z.int().min(200).max(599),
    headers: z.record(z.string().max(256), z.string().max(4096)),
    /** Body beside `status`: text as it is, anything else as JSON; the system's own error form by default. */
    body: z.json(),
    /** Reset the connection of the request, with no answer. */
    refuse: z.boolean(),
    /** Do not listen at all (connection refused) until the fault is cleared; takes no path, method or times. */
    down: z.boolean(),
    /** Pause before each of ten chunks of the answer's body. */
    slowBodyMsPerChunk: z.int().min(1).max(60_000),
    /** How many requests it hits; without end by default. */
    times: z.int().min(1).max(1_000_000),
  })
  .partial()
  .refine((fault) => !fault.down || (fault.path ?? fault.method ?? fault.times) === undefined, {
    message: 'down concerns the listener: it takes no path, method or times',
  });

/** What goes wrong, for which requests, how often. */
export type Fault = z.infer<typeof faultSchema>;

/** A fault as callers write it. */
export type FaultInput = z.input<typeof faultSchema>;

interface Armed {
  readonly fault: Fault;
  left: number;
}

/** The faults of one service; the one set last that fits a request hits it. */
export class Faults {
  #armed: Armed[] = [];

  /** Adds a fault; past 100 of them the oldest is dropped. */
  add(fault: Fault): void {
    this.#armed.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
    if (this.#armed.length > MAX_FAULTS) this.#armed.shift();
  }

  /** The fault that hits this request, counted down; undefined when none does. */
  take(method: string, path: string, port: number): Fault | undefined {
    const hit = this.#armed.findLast((armed) => armed.left > 0 && !armed.fault.down && fits(armed.fault, method, path, port));
    if (hit === undefined) return undefined;
    hit.left -= 1;
    if (hit.left === 0) this.#armed = this.#armed.filter((armed) => armed !== hit);
    return hit.fault;
  }

  /** Whether this target is not to listen. */
  isDown(port: number): boolean {
    return this.#armed.some(({ fault }) => fault.down && (fault.port ?? port) === port);
  }

  /** Those still armed, oldest first. */
  list(): Fault[] {
    return this.#armed.map((armed) => armed.fault);
  }

  /** All is well again. */
  clear(): void {
    this.#armed = [];
  }
}

function fits(fault: Fault, method: string, path: string, port: number): boolean {
  if (fault.port !== undefined && fault.port !== port) return false;
  if (fault.method !== undefined && fault.method !== method) return false;
  if (fault.path === undefined) return true;
  return fault.path.endsWith('*') ? path.startsWith(fault.path.slice(0, -1)) : path === fault.path;
}

/** What the recordings are held against: the embedded data plane, or a real Kong. */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayProcess } from '../../support/gateway-process.js';
import type { ConfigError } from './case-file.js';
import { scrub } from './macros.js';

/** Whether a configuration was taken; the faults as text, and in Kong's form where the target is Kong. */
export type Verdict = { accepted: true } | { accepted: false; output: string; errors: readonly ConfigError[] | null };

export interface Target {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** Makes a configuration live. */
  apply(config: string, nonce: string): Promise<Verdict>;
  stop(): Promise<void>;
}

const RELOAD_WAIT_MS = 20_000;
const EMPTY = '_format_version: "3.0"\n';
const RELOADED = 'configuration reloaded';
const REFUSED = 'configuration refused; the one before stays';

interface LogLine {
  message?: string;
  faults?: readonly string[];
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { message: line };
  }
}

/** One `gatehouse gateway` for all cases; each configuration comes by SIGHUP. */
export class GatewayTarget implements Target {
  private heard: ((line: LogLine) => void) | null = null;
  private unfinished = '';

  private constructor(private readonly gateway: GatewayProcess) {
    gateway.child.stdout!.on('data', (data) => this.read(String(data)));
    gateway.child.stderr!.on('data', (data) => this.read(String(data)));
  }

  static async start(): Promise<GatewayTarget> {
    return new GatewayTarget(await GatewayProcess.start(EMPTY, [], { GATEWAY_LOG_LEVEL: 'info' }));
  }

  get port(): number {
    return this.gateway.port;
  }

  async apply(config: string): Promise<Verdict> {
    fs.writeFileSync(this.gateway.configFile, config);
    const answer = new Promise<LogLine>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the gateway did not say what became of the configuration')), RELOAD_WAIT_MS);
      this.heard = (line) => {
        if (line.message !== RELOADED && line.message !== REFUSED) return;
        clearTimeout(timer);
        resolve(line);
      };
    });
    this.gateway.child.kill('SIGHUP');
    const { message, faults } = await answer;
    return message === RELOADED ? { accepted: true } : { accepted: false, output: faults!.join('\n'), errors: null };
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
  }

  private read(text: string): void {
    const lines = (this.unfinished + text).split('\n');
    this.unfinished = lines.pop()!;
    for (const line of lines) this.heard?.(parseLine(line));
  }
}

/** How Kong words what it refuses (POST /config?flatten_errors=1). */
interface KongRefusal {
  message?: string;
  fields?: unknown;
  flattened_errors?: unknown;
}

interface FlattenedEntity {
  entity_type: string;
  entity_name?: string;
  errors: readonly { field?: string; message?: string; messages?: readonly string[] }[];
}

function leavesOf(value: unknown, at: string): [field: string, message: unknown][] {
  if (typeof value !== 'object' || value === null) return value === null ? [] : [[at, value]];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, at === '' ? key : `${at}.${key}`));
}

function ofEntity(found: FlattenedEntity): ConfigError[] {
  const name = found.entity_name ? { name: found.entity_name } : {};
  return found.errors.flatMap(({ field = '@entity', message, messages }) =>
    (messages ?? [message ?? '']).map((text) => ({ entity: found.entity_type, ...name, field, message: text })),
  );
}

/** Kong's errors as recordings keep them: one entry a message, sorted. */
export function configErrors(refusal: KongRefusal, nonce: string): ConfigError[] {
  const flat = Array.isArray(refusal.flattened_errors) ? (refusal.flattened_errors as FlattenedEntity[]) : [];
  const rest = leavesOf(refusal.fields ?? {}, '').map(([field, message]) => ({ entity: 'config', field, message: String(message) }));
  const all: ConfigError[] = [...flat.flatMap(ofEntity), ...rest];
  if (all.length === 0) all.push({ entity: 'config', field: '@entity', message: refusal.message ?? '' });
  return all
    .map((error) => ({ ...error, message: scrub(error.message, nonce) }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

const SETTLE_MS = 300;

/** A Kong without a database that runs already: configurations go to its admin interface. */
export class KongTarget implements Target {
  readonly port: number;

  /**
   * @param proxy address of the proxy, on 127.0.0.1
   * @param admin address of the admin interface
   */
  constructor(
    proxy: string,
    private readonly admin: string,
  ) {
    this.port = Number(new URL(proxy).port);
  }

  async apply(config: string, nonce: string): Promise<Verdict> {
    const refusal = await this.post(config, true);
    if (refusal === null) {
      await sleep(SETTLE_MS);
      return { accepted: true };
    }
    let errors = configErrors(refusal, nonce);
    // Some errors get lost when Kong flattens them: the plain form has them.
    if (errors.every(({ field }) => field === '@entity')) errors = configErrors((await this.post(config, false)) ?? {}, nonce);
    return { accepted: false, output: JSON.stringify(errors), errors };
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  private async post(config: string, flatten: boolean): Promise<KongRefusal | null> {
    const response = await fetch(`${this.admin.replace(/\/$/, '')}/config?flatten_errors=${flatten ? 1 : 0}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ config }),
    });
    const text = await response.text();
    if (response.status === 201) return null;
    const line = parseLine(text);
    return line as KongRefusal;
  }
}

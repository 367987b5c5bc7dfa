/**
 * A Kong for tests that have none: workers with our real Lua under LuaJIT, on a runloop and an API that do as Kong 3.9 does where our
 * Lua and plugin servers meet it. Routing and proxying are somebody else's (test/support/kong-plane has the embedded plane do both).
 * Needs `luajit`, and the Lua packages cjson and MessagePack (Debian: luajit, lua-cjson, lua-messagepack).
 */
import type { DoubleConfig } from './config.js';
import { LuaWorker } from './lua-worker.js';

const LOG_MAX = 2000;

export interface KongDoubleOptions {
  /** Kong's prefix: a folder, where the policy servers' sockets are. */
  readonly prefix: string;
  readonly workers?: number;
  /** Variables of the Lua; `DOUBLE_READ_TIMEOUT_MS` is nginx's lua_socket_read_timeout. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class KongDouble implements Disposable {
  /** What Kong would have written into its log: the last lines. */
  readonly log: string[] = [];
  /** How many workers were started. */
  starts = 0;
  private readonly workers: LuaWorker[] = [];
  private config: DoubleConfig | null = null;
  private seq = 0;
  private closed = false;

  constructor(private readonly options: KongDoubleOptions) {
    for (let i = 0; i < (options.workers ?? 1); i++) this.workers.push(this.start());
  }

  /** Takes a configuration in use, as a reload does. Requests under way keep the one before. */
  configure(config: DoubleConfig): void {
    this.config = config;
    this.seq++;
    for (const worker of this.workers) worker.configure(config, this.seq);
  }

  /** The worker of a connection. One that died is replaced, as by nginx's master process: it knows the configuration and no instances. */
  worker(connection: number): LuaWorker {
    const index = connection % this.workers.length;
    const worker = this.workers[index]!;
    if (worker.alive || this.closed) return worker;
    const next = this.start();
    this.workers[index] = next;
    if (this.config) next.configure(this.config, this.seq);
    return next;
  }

  /** `kill -9` of a worker, with the requests that it has. */
  killWorker(index: number): void {
    this.workers[index]!.kill();
  }

  [Symbol.dispose](): void {
    this.closed = true;
    for (const worker of this.workers) worker.kill();
  }

  private start(): LuaWorker {
    this.starts++;
    return new LuaWorker({
      prefix: this.options.prefix,
      environment: this.options.environment ?? {},
      log: (text) => {
        this.log.push(text);
        if (this.log.length > LOG_MAX) this.log.splice(0, LOG_MAX / 2);
      },
      // By worker events, in Kong: all the others hear it.
      reset: (plugin) => {
        for (const worker of this.workers) worker.reset(plugin);
      },
    });
  }
}

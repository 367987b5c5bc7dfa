/** Runs the access handlers of a chain in order, until one exits (Kong: execute_collecting_plugins_iterator). */
import type { Consumer } from '@gatehouse/kong-config';
import type { Exit, PluginInstance } from '../plugin.js';
import type { LiveExchange } from './exchange.js';
import type { Chain, ChainLink } from './plugin-chain.js';

export interface AccessOwner {
  /** The request was answered or given up meanwhile. */
  readonly over: boolean;
  /** Every handler has run, or one exited. */
  accessDone(exit: Exit | null): void;
  /** A handler threw or rejected; the owner answers. */
  pluginFailed(error: unknown): void;
  /** Something of ours threw after a handler had decided. */
  crashed(error: unknown): void;
}

export class AccessPhase {
  private exit: Exit | null = null;
  private readonly fixed: readonly PluginInstance[] | null;
  private readonly collected: PluginInstance[] = [];

  constructor(
    private readonly exchange: LiveExchange,
    private readonly chain: Chain,
    private readonly owner: AccessOwner,
  ) {
    this.fixed = chain.fixed;
    exchange.collected = this.fixed ?? this.collected;
  }

  /** Goes on at the link with number `from`; handlers that answer at once cost no promise. */
  run(from: number): void {
    const { links } = this.chain;
    for (let i = from; i < links.length; i++) {
      const instance = this.fixed ? this.fixed[i]! : this.chooseAndCollect(links[i]!);
      if (!instance?.access || this.exit) continue;
      if (this.isPending(instance, i + 1) || this.owner.over) return;
    }
    this.owner.accessDone(this.exit);
  }

  /** Plugins that depend on the consumer are chosen one by one: an earlier one may have found out who it is. */
  private chooseAndCollect(link: ChainLink): PluginInstance | null {
    const { consumer } = this.exchange;
    const instance = own(link, consumer) ?? link.base;
    if (instance) this.collected.push(instance);
    return instance;
  }

  /** True when the plugin decides later; the phase goes on at `next` then. */
  private isPending(instance: PluginInstance, next: number): boolean {
    let result: ReturnType<NonNullable<PluginInstance['access']>>;
    try {
      result = instance.access!(this.exchange);
    } catch (error) {
      this.owner.pluginFailed(error);
      return false;
    }
    if (!(result instanceof Promise)) {
      if (result) this.exit = result;
      return false;
    }
    const goOn = (exit: Exit | undefined): void => {
      if (this.owner.over) return;
      if (exit) this.exit = exit;
      this.run(next);
    };
    result.then(goOn, (error) => this.owner.pluginFailed(error)).catch((error) => this.owner.crashed(error));
    return true;
  }
}

function own(link: ChainLink, consumer: Consumer | null): PluginInstance | undefined {
  return consumer ? link.byConsumer?.get(consumer.id) : undefined;
}

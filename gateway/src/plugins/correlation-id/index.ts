/** Twin of Kong's correlation-id: gives every request an id that the service sees, and the client where wanted. */
import type { Exchange, PluginEnvironment, PluginInstance, PluginTwin, ResponseHead } from '../../plugin.js';
import { failing } from '../lib/failing.js';
import { responseName } from '../lib/header-lookup.js';
import { setLogValue } from '../lib/log-values.js';

/** Kong's schema (kong/plugins/correlation-id/schema.lua), defaults filled in. */
interface CorrelationIdConfig {
  header_name: string | null;
  generator: 'uuid' | 'uuid#counter' | 'tracker';
  echo_downstream: boolean;
}

type Generator = (exchange: Exchange) => string;

/** One id and one counter per process, whatever the number of instances and reloads (Kong: per worker). */
interface ProcessCounter {
  readonly uuid: string;
  count: number;
}

const STATE = 'correlation-id';

function processCounter(environment: PluginEnvironment): ProcessCounter {
  const known = environment.state.get(STATE) as ProcessCounter | undefined;
  if (known) return known;
  const fresh: ProcessCounter = { uuid: environment.uuid(), count: 0 };
  environment.state.set(STATE, fresh);
  return fresh;
}

function generatorFor(kind: CorrelationIdConfig['generator'], environment: PluginEnvironment): Generator {
  if (kind === 'uuid') return () => environment.uuid();
  if (kind === 'uuid#counter') {
    const counter = processCounter(environment);
    return () => `${counter.uuid}#${++counter.count}`;
  }
  return ({ request: { connection } }) => {
    const { localAddress, localPort, serial, requests } = connection;
    return `${localAddress}-${localPort}-${process.pid}-${serial}-${requests}-${(environment.now() / 1000).toFixed(3)}`;
  };
}

class CorrelationId implements PluginInstance {
  private readonly name: string;
  private readonly key: string;
  private readonly answerName: string;
  private readonly dashedKey: string | null;
  private readonly echo: boolean;
  private readonly generate: Generator;

  constructor(name: string, config: CorrelationIdConfig, environment: PluginEnvironment) {
    this.name = name;
    this.key = name.toLowerCase();
    this.answerName = responseName(name);
    this.dashedKey = this.key.includes('_') ? this.answerName.toLowerCase() : null;
    this.echo = config.echo_downstream;
    this.generate = generatorFor(config.generator, environment);
  }

  access(exchange: Exchange): undefined {
    const id = this.given(exchange) || this.assign(exchange);
    setLogValue(exchange, 'correlation_id', id);
    if (this.echo) exchange.local.set(this, id);
  }

  headerFilter(exchange: Exchange, head: ResponseHead): void {
    if (!this.echo) return;
    // A request that met no route has no access phase, and still gets its id back.
    const id = (exchange.local.get(this) as string | undefined) ?? (this.given(exchange) || this.generate(exchange));
    head.headers.set(this.answerName, id);
  }

  /** The client's id; a name with `_` finds one with `-` too. */
  private given({ request: { headers } }: Exchange): string | undefined {
    return headers.get(this.key) ?? (this.dashedKey === null ? undefined : headers.get(this.dashedKey));
  }

  private assign(exchange: Exchange): string {
    const id = this.generate(exchange);
    exchange.request.headers.set(this.name, id);
    return id;
  }
}

export const correlationId: PluginTwin = {
  name: 'correlation-id',
  priority: 100001,
  version: '3.9.3',
  create(config, environment) {
    const known = config as unknown as CorrelationIdConfig;
    return known.header_name === null ? failing('config.header_name') : new CorrelationId(known.header_name, known, environment);
  },
};
